import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readLines } from '../formats/lines-file.js';
import type { DataPlan } from './plan.js';

/** What the user knows of each row of the features. */
export interface FaceNames {
  /** (rows) names; undefined where none are given. */
  readonly ids: readonly string[] | undefined;
  /** (rows) images: absolute paths or addresses, '' where a face has none. */
  readonly images: readonly string[] | undefined;
}

const address = /^(https?:\/\/|data:image\/)/i;

/** True of `photos/{id}.jpg`, a path made from what a face is called, as against a file that lists images. */
export const isImagePattern = (images: string): boolean => /\{(id|row)\}/.test(images);

/** Reads `data.ids` and `data.images`. Paths in a list are relative to the list. Throws L2cErrors E_FILE, E_DATA. */
export async function readFaceNames(
  { ids, images }: Pick<DataPlan, 'ids' | 'images'>,
  rows: number,
): Promise<FaceNames> {
  const names = ids === undefined ? undefined : await readLines(ids, rows);
  if (images === undefined) return { ids: names, images: undefined };
  if (!isImagePattern(images)) {
    const lines = await readLines(images, rows);
    const folder = dirname(images);
    return {
      ids: names,
      images: lines.map((line) => (line === '' || address.test(line) ? line : resolve(folder, line))),
    };
  }
  const made = Array.from({ length: rows }, (_, row) =>
    images.replaceAll('{row}', String(row)).replaceAll('{id}', () => names?.[row] ?? ''),
  );
  return { ids: names, images: made };
}

/** The address of an image in a page that lies in a folder: relative, so that both can be moved together. Nothing in it is a scheme. */
export function imageAddress(image: string, folder: string): string {
  if (image === '' || address.test(image)) return image;
  const near = relative(folder, image);
  if (isAbsolute(near)) return pathToFileURL(image).href;
  return `./${near.split(sep).map(encodeURIComponent).join('/')}`;
}
