import { descendingOrder, UnionFind, type Features } from '@l2c/core';
import type { Links } from './bridges.js';
import { squaredDistance } from './dot-rows.js';
import { MergeList, type Merges } from './merges.js';
import type { PairServices } from './pair-blocks.js';
import { spanningTree } from './spanning-tree.js';

/**
 * Single linkage of all pairs: the links of the minimum spanning tree by rising distance, half the squared Euclidean one
 * (1 - cosine of unit rows). O(n² dim / 2) time, O(n) memory.
 * Gower and Ross, "Minimum Spanning Trees and Single Linkage Cluster Analysis", Applied Statistics 1969.
 */
export async function singleLinkage(features: Features, services: PairServices): Promise<Merges> {
  if (features.n === 0) return new MergeList(0).done();
  const { first, second } = await spanningTree(features, services);
  const distances = new Float64Array(first.length);
  for (let e = 0; e < distances.length; e++) distances[e] = squaredDistance(features, first[e], second[e]) / 2;
  return mergesInOrder(features.n, first, second, distances, risingOrder(distances));
}

/** Single linkage of the given links alone; what they don't connect never merges. O(m) time. */
export function singleLinkageOfLinks({ n, offsets, targets, scores }: Links): Merges {
  const first = new Int32Array(targets.length);
  const similarities = Float32Array.from(scores);
  const distances = new Float64Array(targets.length);
  for (let i = 0; i < n; i++) first.fill(i, offsets[i], offsets[i + 1]);
  for (let e = 0; e < distances.length; e++) distances[e] = 1 - similarities[e];
  return mergesInOrder(n, first, targets, distances, descendingOrder(similarities));
}

/** Kruskal's algorithm: links in the given order, those within a cluster left out. */
function mergesInOrder(
  n: number,
  first: Int32Array,
  second: Int32Array,
  distances: Float64Array,
  order: Int32Array | Uint32Array,
): Merges {
  const merges = new MergeList(n);
  const sets = new UnionFind(n);
  for (const e of order) {
    if (sets.find(first[e]) === sets.find(second[e])) continue;
    sets.union(first[e], second[e]);
    merges.add(first[e], second[e], distances[e]);
  }
  return merges.done();
}

/** The indices of distances from the lowest up, equal ones in their order. */
function risingOrder(distances: Float64Array): Uint32Array {
  const order = new Uint32Array(distances.length);
  for (let e = 0; e < order.length; e++) order[e] = e;
  return order.sort((a, b) => distances[a] - distances[b] || a - b);
}
