import { allocateKnnGraph, assertKnnGraph, type KnnGraph } from '../data/knn-graph.js';
import { sharedInt32 } from '../data/shared-arrays.js';
import { problem } from '../errors.js';
import { openKnnTable, type VisitKnnRow } from './knn-rows.js';
import { toFloat32, toInt32 } from './npy-values.js';
import { withNpz, writeNpz, type NpzFile } from './npz.js';

/** `l2c`: `ids` (n x k int32) and `similarities` (n x k float32), without the instance itself. `reference`: `data`, see {@link readKnn}. */
export type KnnForm = 'l2c' | 'reference';

/** A knn file of the reference as it is: the instance itself among its k entries, distances 1 - cosine. */
export interface ReferenceKnn {
  readonly n: number;
  readonly k: number;
  /** (n x k) int32, -1 where a ragged row has ended. */
  readonly ids: Int32Array;
  /** (n x k) float64, exactly the numbers of the file; 1 where a ragged row has ended. */
  readonly distances: Float64Array;
}

/** Which form an .npz of arrays named so has; undefined where it is no knn file. */
export function knnForm(names: readonly string[]): KnnForm | undefined {
  if (names.includes('ids') && names.includes('similarities')) return 'l2c';
  return names.includes('data') ? 'reference' : undefined;
}

/**
 * Reads a knn graph in either form. Of the reference's `data` (n x 2 x k, or ragged rows of up to k entries) the graph has k - 1 neighbours:
 * - the instance itself is left out wherever it stands, and so are empty places (id -1) and repeated ids (the nearest is kept);
 * - a row that does not list itself, as duplicates may push it out, has k neighbours and loses the last of them;
 * - similarity = 1 - distance as float32; best first, equal ones by lower id, whatever the order in the file.
 * E_DATA names the first row with an id out of range or a distance that is not finite. The table is streamed, not held twice.
 */
export async function readKnn(path: string): Promise<KnnGraph> {
  return withNpz(path, async (npz) => {
    const found = knnForm(npz.names);
    if (found === 'l2c') return readOwn(npz, path);
    if (found === 'reference') return readReference(npz, path);
    throw problem(
      'E_FILE',
      path,
      `has neither "data" nor "ids" and "similarities": ${npz.names.join(', ')}`,
      'give a knn file',
    );
  });
}

async function readReference(npz: NpzFile, path: string): Promise<KnnGraph> {
  const table = await openKnnTable(npz, 'data', path);
  if (table.k < 2)
    throw problem('E_DATA', path, `has ${table.k} entries a row, itself included`, 'give one with k of 2 or more');
  const graph = allocateKnnGraph(table.n, table.k - 1);
  const rows = new RowSorter(graph, path);
  await table.visit((row, ids, distances, count) => rows.add(row, ids, distances, count));
  return graph;
}

/** Instances and neighbours of a knn file in either form, as {@link readKnn} would give them; a dense file is not read for it. */
export async function inspectKnn(path: string): Promise<{ readonly n: number; readonly k: number }> {
  return withNpz(path, async (npz) => {
    if (knnForm(npz.names) === 'reference') {
      const { n, k } = await openKnnTable(npz, 'data', path);
      return { n, k: k - 1 };
    }
    const { shape } = await npz.header('ids');
    return { n: shape[0] ?? 0, k: shape[1] ?? 0 };
  });
}

/** Puts the entries of one row into the graph: unique, sorted, the best k. */
class RowSorter {
  private readonly lastRow: Int32Array;
  private readonly ids: Int32Array;
  private readonly similarities: Float32Array;

  constructor(
    private readonly graph: KnnGraph,
    private readonly path: string,
  ) {
    this.lastRow = new Int32Array(graph.n).fill(-1);
    this.ids = new Int32Array(graph.k + 1);
    this.similarities = new Float32Array(graph.k + 1);
  }

  readonly add: VisitKnnRow = (row, ids, distances, count) => {
    const { n, k } = this.graph;
    let length = 0;
    for (let e = 0; e < count; e++) {
      const id = Number(ids[e]);
      const distance = Number(distances[e]);
      checkEntry(row, id, distance, n, this.path);
      if (id === -1 || id === row) continue;
      const similarity = Math.fround(1 - distance);
      let at = length;
      if (this.lastRow[id] === row) {
        at = this.ids.indexOf(id);
        if (this.similarities[at] >= similarity) continue;
      } else length++;
      this.lastRow[id] = row;
      while (at > 0 && this.isBetter(similarity, id, at - 1)) {
        this.ids[at] = this.ids[at - 1]!;
        this.similarities[at] = this.similarities[at - 1]!;
        at--;
      }
      this.ids[at] = id;
      this.similarities[at] = similarity;
    }
    const kept = Math.min(length, k);
    this.graph.ids.set(this.ids.subarray(0, kept), row * k);
    this.graph.similarities.set(this.similarities.subarray(0, kept), row * k);
  };

  private isBetter(similarity: number, id: number, at: number): boolean {
    return similarity > this.similarities[at] || (similarity === this.similarities[at] && id < this.ids[at]);
  }
}

function checkEntry(row: number, id: number, distance: number, n: number, path: string): void {
  if (!Number.isInteger(id) || id < -1 || id >= n) {
    throw problem(
      'E_DATA',
      `${path} row ${row}`,
      `neighbour ${id} of ${n} instances`,
      'it belongs to other features, or is damaged',
    );
  }
  if (!Number.isFinite(distance)) {
    throw problem(
      'E_DATA',
      `${path} row ${row}`,
      `the distance of neighbour ${id} is ${distance}`,
      'build the graph again',
    );
  }
}

async function readOwn(npz: NpzFile, path: string): Promise<KnnGraph> {
  const ids = await npz.read('ids');
  const similarities = await npz.read('similarities');
  const shapes = [ids.shape, similarities.shape];
  if (shapes.some((shape) => shape.length !== 2) || shapes[0].some((size, axis) => size !== shapes[1][axis])) {
    const found = shapes.map((shape) => `(${shape.join(', ')})`).join(' and ');
    throw problem('E_DATA', path, `ids and similarities are of shape ${found}, not both n x k`, 'write the file again');
  }
  const [n, k] = ids.shape as [number, number];
  const graph = {
    n,
    k,
    ids: toInt32(ids, `${path} ids`),
    similarities: toFloat32(similarities, `${path} similarities`),
  };
  try {
    assertKnnGraph(graph);
  } catch (error) {
    throw problem('E_DATA', path, (error as Error).message, 'write the file again', error);
  }
  return graph;
}

/** Reads a knn file of the reference as it stands, for work that needs its float64 distances bit by bit. */
export async function readReferenceKnn(path: string): Promise<ReferenceKnn> {
  return withNpz(path, async (npz) => {
    const table = await openKnnTable(npz, 'data', path);
    const { n, k } = table;
    const ids = sharedInt32(n * k).fill(-1);
    const distances = new Float64Array(new SharedArrayBuffer(8 * n * k)).fill(1);
    await table.visit((row, rowIds, rowDistances, count) => {
      for (let e = 0; e < count; e++) {
        const [id, distance] = [Number(rowIds[e]), Number(rowDistances[e])];
        checkEntry(row, id, distance, n, path);
        ids[row * k + e] = id;
        distances[row * k + e] = distance;
      }
    });
    return { n, k, ids, distances };
  });
}

/**
 * Writes a knn graph. In the reference's form each row starts with the instance itself at distance 0 and has k + 1 entries; empty
 * places are id -1 at distance 1. Distances are 1 - similarity in float64, so reading them back gives the same float32.
 */
export async function writeKnn(
  path: string,
  knn: KnnGraph,
  options: { readonly form?: KnnForm | undefined; readonly compress?: boolean | undefined } = {},
): Promise<void> {
  const { n, k, ids, similarities } = knn;
  const shape = [n, k];
  if (options.form !== 'reference') {
    return writeNpz(
      path,
      [
        ['ids', { shape, data: ids }],
        ['similarities', { shape, data: similarities }],
      ],
      options,
    );
  }
  const table = { descr: '<f8', shape: [n, 2, k + 1], byteLength: 16 * n * (k + 1), pieces: referenceRows(knn) };
  return writeNpz(path, [['data', table]], options);
}

function* referenceRows(knn: KnnGraph): Generator<Uint8Array> {
  const { n, k, ids, similarities } = knn;
  const width = k + 1;
  const rowsPerPiece = Math.max(1, Math.floor(2 ** 17 / width));
  for (let first = 0; first < n; first += rowsPerPiece) {
    const rows = Math.min(rowsPerPiece, n - first);
    const values = new Float64Array(2 * width * rows);
    for (let i = first; i < first + rows; i++) {
      const at = 2 * width * (i - first);
      values[at] = i;
      for (let e = 0; e < k; e++) {
        const id = ids[i * k + e];
        values[at + 1 + e] = id;
        values[at + width + 1 + e] = id === -1 ? 1 : 1 - similarities[i * k + e];
      }
    }
    yield new Uint8Array(values.buffer);
  }
}
