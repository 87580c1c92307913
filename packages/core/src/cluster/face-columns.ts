import { readFaceNames, type FaceNames } from '../pipeline/face-names.js';
import type { DataPlan } from '../pipeline/plan.js';

/** What the user knows of each of n faces, by title: `id`, `image`. */
export type FaceColumns = ReadonlyMap<string, readonly string[]>;

/**
 * What is known of the faces of a file: their names and images, these as absolute paths or addresses.
 *
 * @throws L2cError E_FILE, or E_DATA where there are not as many lines as rows
 */
export async function readColumns(
  data: Pick<DataPlan, 'features' | 'ids' | 'images'>,
  rows: number,
): Promise<FaceColumns> {
  return columnsOf(await readFaceNames(data, rows));
}

/** Names as columns, by title. */
export function columnsOf({ ids, images }: FaceNames): FaceColumns {
  const columns = new Map<string, readonly string[]>();
  if (ids !== undefined) columns.set('id', ids);
  if (images !== undefined) columns.set('image', images);
  return columns;
}

/** The columns of n earlier faces, and those of m more behind them; blank where only one side has a column. */
export function joinColumns(earlier: FaceColumns, n: number, more: FaceColumns, m: number): FaceColumns {
  const blank = (count: number): string[] => new Array<string>(count).fill('');
  const titles = ['id', 'image'].filter((title) => earlier.has(title) || more.has(title));
  return new Map(
    titles.map((title) => [title, [...(earlier.get(title) ?? blank(n)), ...(more.get(title) ?? blank(m))]]),
  );
}
