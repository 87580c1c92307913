import { existsSync } from 'node:fs';
import { link, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { L2cError, problem, type Problem } from '../errors.js';
import { outputError, temporaryBeside } from '../formats/atomic.js';
import { makeDirectory } from '../pipeline/artifacts.js';
import type { ExportedFaces } from './exported-faces.js';

/** Absent images that are named one by one. */
const mostNamed = 5;
/** Faces that are alone would make a folder each. */
const alone = 'alone';

/**
 * A folder for each cluster of two faces or more, and one for those that are alone, with links `ROW-NAME` to the images. Made beside
 * `path` and renamed: it is there whole, or not at all. Throws L2cErrors E_DATA without images or with addresses among them, E_FILE where
 * images are absent, E_OUTPUT.
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
      await linkTo(image, join(folder, `${row}-${basename(image)}`));
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
    if (/^(https?|data):/i.test(image))
      throw problem(
        'E_DATA',
        image,
        'is an address, and only files can be linked to',
        'export to csv, json or parquet',
      );
    if (existsSync(image)) images.set(row, image);
    else problems.push({ code: 'E_FILE', place: image, fact: 'there is no such image', wayOut: `row ${row} names it` });
  }
  if (problems.length === 0) return images;
  const more = problems.length - mostNamed;
  const rest: Problem[] = more > 0 ? [{ code: 'E_FILE', place: path, fact: `${more} more images are absent` }] : [];
  throw new L2cError([...problems.slice(0, mostNamed), ...rest]);
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
