import { readFile } from 'node:fs/promises';
import { allocateKnnGraph, type KnnGraph } from '../data/knn-graph.js';
import type { NpyArray } from '../formats/npy.js';
import { readNpz } from '../formats/npz.js';
import type { Tensor } from '../stages/interfaces.js';

/** Inputs and outputs of another implementation, recorded in files, to hold a stage against. */
export interface Recordings {
  readonly path: (name: string) => string;
  readonly json: <T>(name: string) => Promise<T>;
  /** The arrays of an .npz; a RangeError for one that is not there. */
  readonly arrays: (name: string) => Promise<(array: string) => NpyArray>;
  /** An array of an .npz as plain numbers. */
  readonly numbers: (name: string, array: string) => Promise<Float64Array>;
}

/** `path` says where a file of this name lies. */
export function recordings(path: (name: string) => string): Recordings {
  const arrays: Recordings['arrays'] = async (name) => {
    const all = await readNpz(path(name));
    return (array) => {
      const found = all.get(array);
      if (found === undefined) throw new RangeError(`${name} holds ${[...all.keys()].join(', ')}, no ${array}`);
      return found;
    };
  };
  return {
    path,
    json: async <T>(name: string) => JSON.parse(await readFile(path(name), 'utf8')) as T,
    arrays,
    numbers: async (name, array) => Float64Array.from((await arrays(name))(array).data as Float64Array, Number),
  };
}

/**
 * A graph of k - 1 neighbours from a table of n rows of k entries that hold the instance itself, in any order; an id of -1 is no
 * entry. Distances are 1 - cosine.
 */
export function knnOfTable(
  n: number,
  k: number,
  entry: (i: number, c: number) => readonly [id: number, distance: number],
): KnnGraph {
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

/** A tensor that needs no file. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly seed: number;
  readonly scale: number;
  readonly offset: number;
  /** Of a tensor that is the same everywhere. */
  readonly const?: number;
}

/** Weights by a linear congruential generator, x <- 1664525 x + 1013904223 mod 2^32, which is soon written in any language. */
export function generatedWeights(spec: readonly WeightSpec[]): Map<string, Tensor> {
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

/** The largest absolute value, to hold a difference against. */
export function largestOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}
