import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { NpyData } from '../src/formats/npy.js';
import { readNpz } from '../src/formats/npz.js';

/** The numbers of a golden array; 64-bit integers as doubles, which hold all of ours. */
export type GoldenData = Exclude<NpyData, BigInt64Array | BigUint64Array>;

export interface GoldenArray {
  readonly shape: readonly number[];
  readonly data: GoldenData;
}

/** Neighbours as the reference stores them: the instance itself included, -1 = none, distances 1 - cosine. */
export interface GoldenKnn {
  readonly n: number;
  readonly k: number;
  readonly offsets: Int32Array;
  /** (n x k) ids; named as in a graph, so that it can be used as one. */
  readonly targets: Int32Array;
  readonly distances: Float64Array;
  /** 1 - distance in double precision, -Infinity for none. */
  readonly similarities: Float64Array;
}

export function goldenPath(name: string): string {
  return fileURLToPath(new URL(`./golden/${name}`, import.meta.url));
}

export async function goldenJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(goldenPath(name), 'utf8')) as T;
}

/** One integer a line. */
export async function goldenMeta(name: string): Promise<Int32Array> {
  const text = await readFile(goldenPath(name), 'utf8');
  return Int32Array.from(text.trim().split('\n'), Number);
}

/** Every array of a golden .npz; a name that is not there is a mistake of the test. */
export async function golden(name: string): Promise<{ names: string[]; get: (array: string) => GoldenArray }> {
  const arrays = await readNpz(goldenPath(name));
  return {
    names: [...arrays.keys()],
    get: (array) => {
      const found = arrays.get(array);
      if (found === undefined) throw new RangeError(`${name} holds ${[...arrays.keys()].join(', ')}, no ${array}`);
      const { shape, data } = found;
      const wide = data instanceof BigInt64Array || data instanceof BigUint64Array;
      return { shape, data: wide ? Float64Array.from(data, Number) : data };
    },
  };
}

/** kb: k = 80, ks: k = 30, hnsw: ragged, k = 30; ties: 48 points, k = 12, exact duplicates. All of `data/synth2k`. */
export async function goldenKnn(name: 'kb' | 'ks' | 'hnsw' | 'ties'): Promise<GoldenKnn> {
  if (name === 'hnsw') {
    const file = await golden('data/hnsw_k_30_plain.npz');
    const { shape, data } = file.get('nbrs');
    const lengths = file.get('lens').data;
    return knn(shape[0], shape[1], (i, c) =>
      c < lengths[i] ? [data[i * 30 + c], file.get('dists').data[i * 30 + c]] : [-1, Infinity],
    );
  }
  const file = { kb: 'data/faiss_k_80.npz', ks: 'data/faiss_k_30.npz', ties: 'ties/in.npz' }[name];
  const { shape, data } = (await golden(file)).get(name === 'ties' ? 'knns' : 'data');
  const [n, , k] = shape;
  return knn(n, k, (i, c) => [data[i * 2 * k + c], data[i * 2 * k + k + c]]);
}

function knn(
  n: number,
  k: number,
  entry: (i: number, c: number) => readonly [id: number, distance: number],
): GoldenKnn {
  const targets = new Int32Array(n * k);
  const distances = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < k; c++) [targets[i * k + c], distances[i * k + c]] = entry(i, c);
  }
  const offsets = Int32Array.from({ length: n + 1 }, (_, i) => i * k);
  return { n, k, offsets, targets, distances, similarities: distances.map((distance) => 1 - distance) };
}
