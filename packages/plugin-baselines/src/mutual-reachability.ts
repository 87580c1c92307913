import { descendingOrder, exactNeighbours, UnionFind, undirectedPairs, type Features, type KnnGraph } from '@l2c/core';
import { squaredDistance } from './dot-rows.js';
import { MergeList, type Merges } from './merges.js';
import type { PairServices } from './pair-blocks.js';
import { spanningTree } from './spanning-tree.js';

/** Who is how near whom, as far as the density of instances goes. */
interface Cores {
  /** (n) similarity of the instance's farthest core neighbour; Infinity where it is its own core, -Infinity without enough. */
  readonly similarities: Float32Array;
  /** (n) Euclidean distance of that neighbour. */
  readonly distances: Float64Array;
}

/**
 * Single linkage of all instances by mutual reachability, max(core of i, core of j, |i - j|) in Euclidean distance, where
 * the core of an instance is the distance within which it finds `minPoints` instances, itself counted.
 * O(n² dim) time, O(n minPoints) memory. n must be at least `minPoints`.
 */
export async function reachabilityOfAll(
  features: Features,
  minPoints: number,
  services: PairServices,
): Promise<Merges> {
  const knn = minPoints < 2 ? undefined : await exactNeighbours(features, minPoints - 1, services);
  const cores = coresOf(features, knn, minPoints);
  const { first, second } = await spanningTree(features, services, cores.similarities);
  return ascending(features, first, second, cores);
}

/** The same over the links of a graph alone, which may leave parts apart. O(n k) time. The graph's k must reach minPoints - 1. */
export function reachabilityOfGraph(features: Features, knn: KnnGraph, minPoints: number): Merges {
  const { n, k, ids, similarities } = knn;
  const cores = coresOf(features, knn, minPoints);
  const scores = new Float32Array(n * k);
  const offsets = new Int32Array(n + 1);
  for (let i = 0; i < n; i++) {
    offsets[i + 1] = (i + 1) * k;
    for (let e = i * k; e < (i + 1) * k; e++) {
      scores[e] = ids[e] < 0 ? -Infinity : Math.min(similarities[e], cores.similarities[i], cores.similarities[ids[e]]);
    }
  }
  const pairs = undirectedPairs({ n, offsets, targets: ids }, scores, 'max');
  const sources = new Int32Array(pairs.targets.length);
  for (let i = 0; i < n; i++) sources.fill(i, pairs.offsets[i], pairs.offsets[i + 1]);
  const sets = new UnionFind(n);
  const first = new Int32Array(Math.max(0, n - 1));
  const second = new Int32Array(first.length);
  let count = 0;
  for (const e of descendingOrder(Float32Array.from(pairs.scores))) {
    if (sets.find(sources[e]) === sets.find(pairs.targets[e])) continue;
    sets.union(sources[e], pairs.targets[e]);
    first[count] = sources[e];
    second[count++] = pairs.targets[e];
  }
  return ascending(features, first.subarray(0, count), second.subarray(0, count), cores);
}

function coresOf(features: Features, knn: KnnGraph | undefined, minPoints: number): Cores {
  const { n } = features;
  const similarities = new Float32Array(n).fill(Infinity);
  const distances = new Float64Array(n);
  if (knn === undefined || minPoints < 2) return { similarities, distances };
  for (let i = 0; i < n; i++) {
    const e = i * knn.k + minPoints - 2;
    similarities[i] = knn.similarities[e];
    distances[i] = knn.ids[e] < 0 ? Infinity : Math.sqrt(squaredDistance(features, i, knn.ids[e]));
  }
  return { similarities, distances };
}

/** Links of a forest by rising mutual reachability, now in double precision. */
function ascending(features: Features, first: Int32Array, second: Int32Array, cores: Cores): Merges {
  const m = first.length;
  const distances = new Float64Array(m);
  const order = new Uint32Array(m);
  for (let e = 0; e < m; e++) {
    const apart = Math.sqrt(squaredDistance(features, first[e], second[e]));
    distances[e] = Math.max(apart, cores.distances[first[e]], cores.distances[second[e]]);
    order[e] = e;
  }
  order.sort((a, b) => distances[a] - distances[b] || a - b);
  const merges = new MergeList(features.n);
  for (const e of order) merges.add(first[e], second[e], distances[e]);
  return merges.done();
}
