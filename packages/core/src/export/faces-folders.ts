import { existsSync, statSync } from 'node:fs';
import { link, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { L2cError, problem, type Problem } from '../errors.js';
import { outputError, temporaryBeside } from '../formats/atomic.js';
import { makeDirectory } from '../pipeline/artifacts.js';
import { count } from '../report/count.js';
import { shortened } from '../report/terminal/fit-lines.js';
import type { ExportedFaces } from './exported-faces.js';

/** Images no link can be made to that are named one by one, so many characters of each: data: addresses hold the whole image. */
const mostNamed = 5;
const mostCharacters = 400;
/** Bytes of a file name that every system takes; a longer ending is no format of images. */
const mostBytes = 255;
const mostOfExtension = 32;
/** Faces that are alone would make a folder each. */
const alone = 'alone';

/**
 * A folder for each cluster of two faces or more, and one for those that are alone, with links `ROW-NAME` to the images. Made beside
 * `path` and renamed: it is there whole, or not at all. Names that would be too long lose the end of their stem. Throws L2cErrors E_DATA
 * without images or with addresses among them, E_FILE where images are absent or no files, E_OUTPUT.
 */
export async function writeFolders(path: string, faces: ExportedFaces): Promise<void> {
  const images = localImages(path, faces);
  if (existsSync(path))
    throw problem('E_OUTPUT', path, 'is there already', 'remove it, or choose another with --output');
  await makeDirectory(dirname(path));
  const temporary = temporaryBeside(path);
  try {
    await mkdir(temporary);
    const made = new Set<string>();
    for (const [row, image] of images) {
      const cluster = faces.labels[row];
      const folder = join(temporary, faces.cohesion.sizes[cluster] > 1 ? String(cluster) : alone);
      if (!made.has(folder)) await mkdir(folder);
      made.add(folder);
      await linkTo(image, join(folder, linkName(row, image)));
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw outputError(path, error);
  }
}

/** Images by row, of faces that are in a cluster. */
function localImages(path: string, { labels, names }: ExportedFaces): Map<number, string> {
  if (names.images === undefined) {
    const wayOut = 'give data.images in the pipeline file, or --images to l2c cluster, and run again';
    throw problem('E_DATA', '--to folders', 'folders are of images, and the run knows of none', wayOut);
  }
  const images = new Map<number, string>();
  const problems: Problem[] = [];
  for (const [row, image] of names.images.entries()) {
    if (labels[row] === -1 || image === '') continue;
    const fault = faultOf(image);
    if (fault === undefined) images.set(row, image);
    else {
      const { fact, wayOut = '', code } = fault;
      problems.push({ code, place: shortened(image, mostCharacters), fact, wayOut: `row ${row} names it${wayOut}` });
    }
  }
  if (problems.length === 0) return images;
  const more = problems.length - mostNamed;
  const [{ code }] = problems;
  const rest: Problem[] =
    more > 0 ? [{ code, place: path, fact: `nor can ${count(more, 'more image')} be linked to` }] : [];
  throw new L2cError([...problems.slice(0, mostNamed), ...rest]);
}

/** Why no link to an image can be made. */
function faultOf(image: string): Pick<Problem, 'code' | 'fact' | 'wayOut'> | undefined {
  if (/^(https?|data):/i.test(image)) {
    const fact = 'is an address, and only files can be linked to';
    return { code: 'E_DATA', fact, wayOut: '; export to csv, json or parquet' };
  }
  try {
    const stat = statSync(image, { throwIfNoEntry: false });
    if (stat === undefined) return { code: 'E_FILE', fact: 'there is no such image' };
    return stat.isFile() ? undefined : { code: 'E_FILE', fact: stat.isDirectory() ? 'is a folder' : 'is no file' };
  } catch (error) {
    return { code: 'E_FILE', fact: `can't be read: ${(error as Error).message}` };
  }
}

/** `ROW-NAME`, its stem cut where that is longer than a file name may be. */
function linkName(row: number, image: string): string {
  const name = `${row}-${basename(image)}`;
  if (Buffer.byteLength(name) <= mostBytes) return name;
  const extension = extname(image);
  const kept = Buffer.byteLength(extension) <= mostOfExtension ? extension : '';
  const stem = name.slice(0, name.length - kept.length);
  // whole characters alone
  const { read } = new TextEncoder().encodeInto(stem, new Uint8Array(mostBytes - Buffer.byteLength(kept)));
  return `${stem.slice(0, read)}${kept}`;
}

/** A hard link where the system allows no symbolic ones, as Windows does by default. */
async function linkTo(image: string, path: string): Promise<void> {
  try {
    await symlink(image, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    await link(image, path);
  }
}
