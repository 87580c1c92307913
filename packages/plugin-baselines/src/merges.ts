import { UnionFind, toLabels, type Labels } from '@l2c/core';

/** A hierarchy of n instances, as the merges that build it from singletons, in the order they are made. */
export interface Merges {
  readonly n: number;
  /** (n - 1 at most) an instance of the one cluster, and of the other. */
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** (n - 1 at most) the distance at which they merge. */
  readonly distances: Float64Array;
}

/** Where merging ends: at the first merge beyond `maxDistance`, or at `clusters`, whichever comes first. */
export interface MergeLimits {
  readonly maxDistance: number;
  readonly clusters: number;
}

/**
 * The partition that the merges up to the first one beyond `maxDistance` make, or the first n - `clusters` of them.
 * O(n): one hierarchy serves every distance up to that for which it was made.
 */
export function cutMerges(merges: Merges, { maxDistance, clusters }: MergeLimits): Labels {
  const sets = new UnionFind(merges.n);
  const most = Math.min(merges.distances.length, merges.n - clusters);
  for (let m = 0; m < most && merges.distances[m] <= maxDistance; m++) sets.union(merges.first[m], merges.second[m]);
  return toLabels(sets.roots());
}

/** (count) the first instance of each of the clusters that distances up to `maxDistance` make. O(n). */
export function firstsOf(merges: Merges, maxDistance: number): Int32Array {
  const { values, clusters } = cutMerges(merges, { maxDistance, clusters: 0 });
  const firsts = new Int32Array(clusters);
  // Clusters are numbered by first appearance.
  for (let i = 0, count = 0; count < clusters; i++) if (values[i] === count) firsts[count++] = i;
  return firsts;
}

/** Collects merges while they are made. */
export class MergeList {
  private readonly first: Int32Array;
  private readonly second: Int32Array;
  private readonly distances: Float64Array;
  private count = 0;

  constructor(private readonly n: number) {
    this.first = new Int32Array(Math.max(0, n - 1));
    this.second = new Int32Array(Math.max(0, n - 1));
    this.distances = new Float64Array(Math.max(0, n - 1));
  }

  get length(): number {
    return this.count;
  }

  add(first: number, second: number, distance: number): void {
    this.first[this.count] = first;
    this.second[this.count] = second;
    this.distances[this.count++] = distance;
  }

  /** Views of what was collected. */
  done(): Merges {
    const { n, first, second, distances, count } = this;
    return {
      n,
      first: first.subarray(0, count),
      second: second.subarray(0, count),
      distances: distances.subarray(0, count),
    };
  }
}
