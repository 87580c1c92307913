import { extname } from 'node:path';
import { readCsvIds } from '../formats/csv-matrix.js';
import { readParquetIds } from '../formats/parquet-matrix.js';
import { readFaceNames } from '../pipeline/face-names.js';
import type { DataPlan } from '../pipeline/plan.js';

/** What the user knows of each of n faces, by title: `id`, `image`. */
export type FaceColumns = ReadonlyMap<string, readonly string[]>;

/**
 * What is known of the faces of a file: the names and images given beside it, these as absolute paths or addresses, else the names
 * that a .csv or .parquet holds.
 *
 * @throws L2cError E_FILE, or E_DATA where there are not as many lines as rows
 */
export async function readColumns(
  data: Pick<DataPlan, 'features' | 'ids' | 'images'>,
  rows: number,
): Promise<FaceColumns> {
  const { ids = await ownIds(data.features), images } = await readFaceNames(data, rows);
  const columns = new Map<string, readonly string[]>();
  if (ids !== undefined) columns.set('id', ids);
  if (images !== undefined) columns.set('image', images);
  return columns;
}

/** The names in a file of features, a line each: those of a .csv or .parquet that has some. */
export async function ownIds(features: string): Promise<string[] | undefined> {
  const extension = extname(features).toLowerCase();
  const read = extension === '.csv' ? readCsvIds : extension === '.parquet' ? readParquetIds : undefined;
  return (await read?.(features))?.map((id) => id.replaceAll(/[\r\n]+/g, ' '));
}

/** The columns of n earlier faces, and those of m more behind them; blank where only one side has a column. */
export function joinColumns(earlier: FaceColumns, n: number, more: FaceColumns, m: number): FaceColumns {
  const blank = (count: number): string[] => new Array<string>(count).fill('');
  const titles = ['id', 'image'].filter((title) => earlier.has(title) || more.has(title));
  return new Map(
    titles.map((title) => [title, [...(earlier.get(title) ?? blank(n)), ...(more.get(title) ?? blank(m))]]),
  );
}
