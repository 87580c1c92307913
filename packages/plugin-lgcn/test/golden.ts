import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  allocateKnnGraph,
  readFeatures,
  readNpz,
  type EdgeProposals,
  type Features,
  type KnnGraph,
  type NpyArray,
} from '@l2c/core';

/** Golden data of this package, and of core where it has them: the 2,000 points all of it was made of, and their clusters. */
export function goldenPath(name: string): string {
  const folder =
    name.startsWith('data/') || name.startsWith('lgcn/clustering') ? '../../core/test/golden/' : './golden/';
  return fileURLToPath(new URL(folder + name, import.meta.url));
}

export async function goldenJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(goldenPath(name), 'utf8')) as T;
}

/** The arrays of a golden .npz; a name that is not there is a mistake of the test. */
export async function golden(name: string): Promise<(array: string) => NpyArray> {
  const arrays = await readNpz(goldenPath(name));
  return (array) => {
    const found = arrays.get(array);
    if (found === undefined) throw new RangeError(`${name} holds ${[...arrays.keys()].join(', ')}, no ${array}`);
    return found;
  };
}

/** A golden array as plain numbers. */
export async function goldenNumbers(name: string, array: string): Promise<Float64Array> {
  return Float64Array.from((await golden(name))(array).data as Float64Array, Number);
}

export async function goldenTruth(): Promise<Int32Array> {
  const text = await readFile(goldenPath('data/synth2k.meta'), 'utf8');
  return Int32Array.from(text.trim().split('\n'), Number);
}

export async function goldenFeatures(): Promise<Features> {
  return (await readFeatures(goldenPath('data/synth2k.bin'), { dim: 256 })).features;
}

/** A table of the reference as a pipeline would hold it: without the instance itself, best first. */
export async function goldenKnn(name: string): Promise<KnnGraph> {
  const { shape, data } = (await golden(name))('data');
  const [n, , k] = shape;
  const graph = allocateKnnGraph(n, k - 1);
  for (let i = 0; i < n; i++) {
    const at = 2 * i * k;
    const row = Array.from({ length: k }, (_, c) => ({
      id: Number(data[at + c]),
      distance: Number(data[at + k + c]),
    }));
    row
      .filter(({ id }) => id !== i && id !== -1)
      .sort((a, b) => a.distance - b.distance)
      .slice(0, k - 1)
      .forEach(({ id, distance }, c) => {
        graph.ids[i * (k - 1) + c] = id;
        graph.similarities[i * (k - 1) + c] = 1 - distance;
      });
  }
  return graph;
}

/** Every link of a graph, as `knn-edges` proposes them. */
export function edgesOf({ n, k, ids, similarities }: KnnGraph): EdgeProposals {
  const offsets = Int32Array.from({ length: n + 1 }, (_, i) => i * k);
  return { kind: 'edges', n, offsets, targets: ids, similarities };
}

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly seed: number;
  readonly scale: number;
  readonly offset: number;
  /** Of a tensor that is the same everywhere. */
  readonly const?: number;
}

/** Weights without a file: the linear congruential generator that the golden data states. */
export function generatedWeights(spec: readonly WeightSpec[]) {
  return new Map(
    spec.map(({ name, shape, seed, scale, offset, const: constant }) => {
      const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
      let x = seed;
      for (let i = 0; i < values.length; i++) {
        x = (Math.imul(1664525, x) + 1013904223) >>> 0;
        values[i] = constant ?? offset + scale * ((2 * x) / 2 ** 32 - 1);
      }
      return [name, { shape, values }];
    }),
  );
}

/** The largest absolute difference; lists of different length differ by infinity. NaN counts as infinity. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}

export function largestOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}
