import { problem } from '../errors.js';
import { fromPickledArray, type PickledArray } from './numpy-pickle.js';
import { finishNpy, npyLayout, type NpyData } from './npy.js';
import type { NpzFile } from './npz.js';
import { parsePickle, type PickleValue } from './pickle.js';
import { wholeElements } from './whole-elements.js';

/** One row of a knn file: `count` ids and as many distances. The arrays are valid until the next row. */
export type VisitKnnRow = (
  row: number,
  ids: ArrayLike<number | bigint>,
  distances: ArrayLike<number | bigint>,
  count: number,
) => void;

/** Shape of the knn table in a file of the reference; `k` is the longest row, itself included. */
export interface KnnTable {
  readonly n: number;
  readonly k: number;
  visit(each: VisitKnnRow): Promise<void>;
}

const form = 'a knn file holds an array of n x 2 x k (ids, 1 - cosine), or pickled pairs of them';

/** Opens the array `data` of the reference's knn files: n x 2 x k numbers, or a pickled object array (n, 2) of rows that differ in length. */
export async function openKnnTable(npz: NpzFile, key: string, path: string): Promise<KnnTable> {
  const { shape, type, fortranOrder } = await npz.header(key);
  const place = `${path} ${key}`;
  if (type === 'O') return raggedTable(await npz.read(key), shape, place);
  if (shape.length !== 3 || shape[1] !== 2) throw problem('E_DATA', place, `is of shape (${shape.join(', ')})`, form);
  const [n, , k] = shape as [number, number, number];
  if (fortranOrder) {
    const visit = async (each: VisitKnnRow) => void visitDense((await npz.read(key)).data, 0, k, each);
    return { n, k, visit };
  }
  return {
    n,
    k,
    async visit(each) {
      const header = await npz.header(key);
      const layout = npyLayout(header, place);
      const rowBytes = 2 * k * layout.partBytes;
      let row = 0;
      for await (const rows of wholeElements(npz.elements(key), Math.max(1, rowBytes))) {
        const part = new layout.array(rows.buffer, 0, rows.length / layout.partBytes);
        row = visitDense(finishNpy({ ...header, shape: [part.length] }, layout, part).data, row, k, each);
      }
    },
  };
}

function visitDense(data: NpyData, firstRow: number, k: number, each: VisitKnnRow): number {
  let row = firstRow;
  for (let at = 0; at < data.length; at += 2 * k) {
    each(row++, data.subarray(at, at + k), data.subarray(at + k, at + 2 * k), k);
  }
  return row;
}

/** (n, 2) of arrays, or (n) of pairs of arrays. */
function raggedTable(array: { readonly data: NpyData }, shape: readonly number[], place: string): KnnTable {
  const outer = fromPickledArray(parsePickle(array.data as Uint8Array, place).value, place);
  if (!('objects' in outer)) throw problem('E_DATA', place, 'is no table of rows', form);
  const flat = shape.length === 2 ? outer.objects : outer.objects.flat();
  const n = shape[0] ?? 0;
  if (flat.length !== 2 * n) throw problem('E_DATA', place, `is of shape (${shape.join(', ')})`, form);
  const lists = flat.map((value, i) => {
    const at = `${place} row ${i >> 1}`;
    const list: PickledArray = isNumbers(value)
      ? { shape: [value.length], data: Float64Array.from(value) }
      : fromPickledArray(value, at);
    if ('objects' in list || list.shape.length !== 1) throw problem('E_DATA', at, 'holds no list of numbers', form);
    return list.data;
  });
  let k = 0;
  for (let row = 0; row < n; row++) {
    const [ids, distances] = [lists[2 * row], lists[2 * row + 1]];
    if (ids.length !== distances.length) {
      throw problem('E_DATA', `${place} row ${row}`, `${ids.length} ids and ${distances.length} distances`, form);
    }
    k = Math.max(k, ids.length);
  }
  return {
    n,
    k,
    async visit(each) {
      for (let row = 0; row < n; row++) each(row, lists[2 * row], lists[2 * row + 1], lists[2 * row].length);
    },
  };
}

function isNumbers(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'number');
}
