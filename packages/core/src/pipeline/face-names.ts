import { existsSync, statSync } from 'node:fs';
import { dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { problem } from '../errors.js';
import { readCsvIds } from '../formats/csv-matrix.js';
import { readLines } from '../formats/lines-file.js';
import { readParquetIds } from '../formats/parquet-matrix.js';
import type { DataPlan } from './plan.js';

/** What the user knows of each row of the features. */
export interface FaceNames {
  /** (rows) names; undefined where none are given. */
  readonly ids: readonly string[] | undefined;
  /** (rows) images: absolute paths or addresses, '' where a face has none. */
  readonly images: readonly string[] | undefined;
}

/** True of an image that is no file. */
export const isAddress = (image: string): boolean => /^(https?:\/\/|data:image\/)/i.test(image);

/** True of `photos/{id}.jpg`, a path made from what a face is called, as against a file that lists images. */
export const isImagePattern = (images: string): boolean => /\{(id|row)\}/.test(images);

/** What a path of images holds beside `{id}` and `{row}`, as `{idx}`; none where there is a file of that name. */
export function strangePlaceholders(images: string): string[] {
  const strange = (images.match(/\{[a-z_]\w*\}/gi) ?? []).filter((each) => !isImagePattern(each));
  return strange.length > 0 && existsSync(images) ? [] : strange;
}

type NamedData = Pick<DataPlan, 'features' | 'ids' | 'images'>;

/**
 * The names of faces, those beside the features or in them, and their images: absolute paths or addresses. Paths in a list are relative to the list.
 *
 * @throws L2cError E_FILE, or E_DATA where there are not as many lines as rows, or images want names that there are not, or other than names
 */
export async function readFaceNames(data: NamedData, rows: number): Promise<FaceNames> {
  const { ids, images } = await readGivenNames(data, rows);
  const folder = data.images === undefined || isImagePattern(data.images) ? '' : dirname(data.images);
  const absolute = (line: string): string => (line === '' || isAddress(line) ? line : resolve(folder, line));
  return { ids, images: images?.map(absolute) };
}

/** The same, but images as the user wrote them. */
export async function readGivenNames({ features, ids, images }: NamedData, rows: number): Promise<FaceNames> {
  const strange = images === undefined ? [] : strangePlaceholders(images);
  if (strange.length > 0) {
    const fact = `holds ${strange.join(', ')}, and only {id} and {row} stand for something`;
    throw problem('E_DATA', images!, fact, 'write one of these, or give a text with an image a line');
  }
  const names = ids === undefined ? await namesIn(features) : await readLines(ids, rows);
  if (images === undefined || !isImagePattern(images)) {
    return { ids: names, images: images === undefined ? undefined : await readList(images, rows) };
  }
  if (names === undefined && images.includes('{id}')) {
    throw problem('E_DATA', images, 'holds {id}, and the faces have none', 'give a file of ids, or write {row}');
  }
  const made = Array.from({ length: rows }, (_, row) =>
    images.replaceAll('{row}', String(row)).replaceAll('{id}', () => names![row]),
  );
  return { ids: names, images: made };
}

async function readList(images: string, rows: number): Promise<string[]> {
  if (statSync(images, { throwIfNoEntry: false })?.isDirectory() !== true) return readLines(images, rows);
  const wayOut = `say which file in it is whose, as ${join(images, '{id}.jpg')} or {row}.jpg, or give a text with an image a line`;
  throw problem('E_FILE', images, 'is a folder', wayOut);
}

/** The names in a file of features, a line each: those of a .csv or .parquet that has some. */
async function namesIn(features: string): Promise<string[] | undefined> {
  const extension = extname(features).toLowerCase();
  const read = extension === '.csv' ? readCsvIds : extension === '.parquet' ? readParquetIds : undefined;
  return (await read?.(features))?.map((id) => id.replaceAll(/[\r\n]+/g, ' '));
}

/** The address of an image in a page that lies in a folder: relative, so that both can be moved together. Nothing in it is a scheme. */
export function imageAddress(image: string, folder: string): string {
  if (image === '' || isAddress(image)) return image;
  const near = relative(folder, image);
  if (isAbsolute(near)) return pathToFileURL(image).href;
  return `./${near.split(sep).map(encodeURIComponent).join('/')}`;
}
