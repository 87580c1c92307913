import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  allocateKnnGraph,
  readFeatures,
  readNpz,
  type ClusterProposals,
  type Features,
  type KnnGraph,
  type NpyArray,
} from '@l2c/core';

/** Golden data of this package, and of core where a folder is named: the 2,000 points all of it was made of. */
export function goldenPath(name: string): string {
  const folder = name.includes('/') ? '../../core/test/golden/' : './golden/';
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

/** A table of the reference as a pipeline would hold it: without the instance itself, best first. kb: k = 80, ks: 30. */
export async function goldenKnn(name: 'kb' | 'ks' | 'hnsw'): Promise<KnnGraph> {
  if (name === 'hnsw') {
    const file = await golden('data/hnsw_k_30_plain.npz');
    const [ids, lengths, distances] = ['nbrs', 'lens', 'dists'].map((array) => file(array).data as Float64Array);
    const [n, k] = file('nbrs').shape;
    return knnOf(n, k, (i, c) => (c < lengths[i] ? [Number(ids[i * k + c]), distances[i * k + c]] : [-1, Infinity]));
  }
  const { shape, data } = (await golden(`data/faiss_k_${name === 'kb' ? 80 : 30}.npz`))('data');
  const [n, , k] = shape;
  return knnOf(n, k, (i, c) => [Number(data[2 * i * k + c]), Number(data[2 * i * k + k + c])]);
}

function knnOf(n: number, k: number, entry: (i: number, c: number) => readonly [id: number, distance: number]) {
  const graph = allocateKnnGraph(n, k - 1);
  for (let i = 0; i < n; i++) {
    Array.from({ length: k }, (_, c) => entry(i, c))
      .filter(([id]) => id !== i && id !== -1)
      .sort((a, b) => a[1] - b[1])
      .slice(0, k - 1)
      .forEach(([id, distance], c) => {
        graph.ids[i * (k - 1) + c] = id;
        graph.similarities[i * (k - 1) + c] = 1 - distance;
      });
  }
  return graph;
}

/** Proposals of the reference, by the name of their setting. */
export async function goldenProposals(name: 'basic_0.7' | 'basic_0.6' | 'iter1_0' | 'iter1_1') {
  const file = await golden('proposals.npz');
  const [offsets, members] = ['offsets', 'members'].map((array) => file(`${name}_${array}`).data as Int32Array);
  return { kind: 'clusters', n: 2000, offsets, members } satisfies ClusterProposals;
}

/** The 191 proposals that the golden graphs and scores are of: those of three settings one after the other. */
export async function allGoldenProposals(): Promise<ClusterProposals> {
  const file = await golden('dsgcn/proposals.npz');
  const [offsets, members] = ['offsets', 'members'].map((array) => file(array).data as Int32Array);
  return { kind: 'clusters', n: 2000, offsets, members };
}

/** Sets as sorted lists in a sorted list: equal where the same sets were proposed, in whatever order. */
export function setsOf({ offsets, members }: ClusterProposals): string[] {
  return Array.from({ length: offsets.length - 1 }, (_, p) =>
    members
      .slice(offsets[p], offsets[p + 1])
      .sort()
      .join(' '),
  ).sort();
}

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly seed: number;
  readonly scale: number;
  readonly offset: number;
}

/** Weights without a file: the linear congruential generator that the golden data states. */
export function generatedWeights(spec: readonly WeightSpec[]) {
  return new Map(
    spec.map(({ name, shape, seed, scale, offset }) => {
      const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
      let x = seed;
      for (let i = 0; i < values.length; i++) {
        x = (Math.imul(1664525, x) + 1013904223) >>> 0;
        values[i] = offset + scale * ((2 * x) / 2 ** 32 - 1);
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
