import { setImmediate } from 'node:timers/promises';
import { exactNeighbours, type Features } from '@l2c/core';
import { ClusterHeap } from './cluster-heap.js';
import { MergeList, type MergeLimits, type Merges } from './merges.js';
import { Nearest, NeighbourLists } from './neighbour-lists.js';
import type { PairServices } from './pair-blocks.js';

/** What a linkage has to know for {@link mergeNearest}. Clusters are named by an instance of theirs. */
export interface Linkage {
  /** (n) members of the cluster that each instance names. */
  readonly sizes: Int32Array;
  /** How far the distances of single instances, as float32 products give them, may be off; 0 takes them as they are. */
  readonly tolerance: number;
  /**
   * Distance of a cluster to another that has changed since it was listed: `largest` is the largest distance to those of
   * its parts that were listed, which hold `listed` of its members. NaN where that is not enough to tell.
   */
  renewed(cluster: number, other: number, largest: number, listed: number): number;
  /** Makes one cluster of two; `dead` names nothing any more. */
  merge(kept: number, dead: number): void;
  /** Distance of the cluster just merged to one that was `first` and `second` away from its parts, NaN = not listed. */
  joined(kept: number, other: number, first: number, second: number): number;
  /** No cluster that was at least `first` and `second` away from the parts, of the given sizes, is nearer than this. */
  joinedReach(sizes: readonly [number, number], first: number, second: number): number;
  /** Lists the nearest of all `alive` clusters for a few of them, the most urgent first; returns how many it did. */
  search(urgent: Int32Array, alive: Int32Array, lists: NeighbourLists): Promise<number>;
}

/** Neighbours listed for each cluster: more cost more at each merge, fewer have to be searched for again. */
const listed = 32;

/** Clusters that are searched for together at most. */
const searchedTogether = 256;

/** Steps between looks at the clock and the signal. */
const stepsBetweenPauses = 4096;

/**
 * Merges the two nearest of all clusters until `limits` are met, exactly, in O(n (dim + 32)) memory instead of n x n.
 *
 * For a linkage that is reducible (single, complete, average, Ward: merging two clusters brings them no nearer to a third)
 * an old distance is a lower bound of the new. So each cluster keeps a short list of neighbours and the least distance to
 * all others; a heap holds the clusters by what their nearest neighbour is away at least. The one on top has its list
 * brought up to date, and merges if it stays there. Only a cluster whose list can't tell any more, because all in it are
 * farther than what it leaves out may be, is compared with everything again, together with the next of its kind.
 *
 * Time: the search of the first lists, O(n² dim / 2), as a rule outweighs the rest.
 *
 * @throws what aborts the signal
 */
export async function mergeNearest(
  features: Features,
  linkage: Linkage,
  limits: MergeLimits,
  services: PairServices,
  capacity = listed,
): Promise<Merges> {
  const { n } = features;
  if (n < 2) return new MergeList(n).done();
  const lists = await firstLists(features, Math.min(capacity, n - 1), linkage.tolerance, services);
  const merging = new Merging(n, linkage, lists);
  const target = Math.max(1, limits.clusters);
  for (let steps = 1; merging.clusters > target; steps++) {
    const state = merging.step(limits.maxDistance);
    if (state === 'done') break;
    if (state === 'search') await merging.search(limits.maxDistance);
    if (steps % stepsBetweenPauses !== 0 && state !== 'search') continue;
    await setImmediate();
    services.signal.throwIfAborted();
    services.progress.update(n - merging.clusters, n - target, 'merges');
  }
  services.progress.update(1, 1);
  return merging.done();
}

async function firstLists(
  features: Features,
  width: number,
  tolerance: number,
  services: PairServices,
): Promise<NeighbourLists> {
  const { n } = features;
  const { ids, similarities } = await exactNeighbours(features, width, services);
  const lists = new NeighbourLists(n, width);
  lists.ids.set(ids);
  lists.sizes.fill(1);
  lists.counts.fill(width);
  for (let e = 0; e < similarities.length; e++) lists.distances[e] = 1 - similarities[e] - tolerance;
  if (width < n - 1) for (let i = 0; i < n; i++) lists.reaches[i] = lists.distances[(i + 1) * width - 1];
  return lists;
}

class Merging {
  private readonly merges: MergeList;
  private readonly heap: ClusterHeap;
  /** (n) the cluster that an instance's cluster went into, itself where it did not. */
  private readonly parents: Int32Array;
  /** (n) merges made when the cluster was last merged, and when its list was last brought up to date. */
  private readonly mergedAt: Int32Array;
  private readonly listedAt: Int32Array;
  /** (n) merges made when its neighbours were last searched for. */
  private readonly searchedAt: Int32Array;
  /** (n) the first entry's place in the list of a cluster that the current stamp marks. */
  private readonly marks: Int32Array;
  private readonly places: Int32Array;
  private stamp = 0;
  private readonly nearest: Nearest;
  /** Candidates of a merge: names, and distances to both parts. */
  private readonly candidates: Int32Array;
  private readonly firsts: Float64Array;
  private readonly seconds: Float64Array;

  constructor(
    private readonly n: number,
    private readonly linkage: Linkage,
    private readonly lists: NeighbourLists,
  ) {
    const { capacity, distances, reaches } = lists;
    this.merges = new MergeList(n);
    this.parents = new Int32Array(n);
    for (let i = 0; i < n; i++) this.parents[i] = i;
    this.mergedAt = new Int32Array(n);
    this.listedAt = new Int32Array(n).fill(linkage.tolerance === 0 ? 0 : -1);
    this.searchedAt = new Int32Array(n).fill(-1);
    this.marks = new Int32Array(n);
    this.places = new Int32Array(n);
    const keys = new Float64Array(n);
    for (let i = 0; i < n; i++) keys[i] = Math.min(distances[i * capacity], reaches[i]);
    this.heap = new ClusterHeap(keys);
    this.nearest = new Nearest(capacity);
    this.candidates = new Int32Array(2 * capacity);
    this.firsts = new Float64Array(2 * capacity);
    this.seconds = new Float64Array(2 * capacity);
  }

  get clusters(): number {
    return this.n - this.merges.length;
  }

  done(): Merges {
    return this.merges.done();
  }

  /**
   * Looks at the cluster that may be next to merge: merges it, or finds out more about it. Where a search has just left
   * its neighbours within rounding of what is not listed, they are as near as can be told.
   */
  step(maxDistance: number): 'done' | 'search' | 'more' {
    const { heap, lists } = this;
    const cluster = heap.top;
    if (heap.keys[cluster] > maxDistance) return 'done';
    this.bringUpToDate(cluster);
    const best = this.best(cluster);
    const distance = best === -1 ? Infinity : lists.distances[best];
    const least = Math.min(distance, lists.reaches[cluster]);
    if (least > heap.keys[cluster]) heap.update(cluster, least);
    else if (distance > lists.reaches[cluster] && this.searchedAt[cluster] < this.merges.length) return 'search';
    else if (distance > maxDistance) heap.update(cluster, distance);
    else this.merge(cluster, lists.ids[best], distance);
    return 'more';
  }

  /** Searches neighbours for the clusters whose lists can't tell their nearest, the nearest of them first. */
  async search(maxDistance: number): Promise<void> {
    const { heap, lists, linkage } = this;
    const alive = new Int32Array(this.clusters);
    const most = new Nearest(Math.min(searchedTogether, alive.length));
    for (let i = 0, at = 0; i < this.n; i++) {
      if (this.parents[i] !== i) continue;
      alive[at++] = i;
      const key = heap.keys[i];
      if (key >= lists.reaches[i] && key <= maxDistance) most.offer(i, key, 1);
    }
    const urgent = most.ids.subarray(0, most.count);
    const done = await linkage.search(urgent, alive, lists);
    for (let u = 0; u < done; u++) {
      const cluster = urgent[u];
      this.listedAt[cluster] = this.searchedAt[cluster] = this.merges.length;
      const first = lists.counts[cluster] === 0 ? Infinity : lists.distances[cluster * lists.capacity];
      heap.update(cluster, Math.max(heap.keys[cluster], Math.min(first, lists.reaches[cluster])));
    }
  }

  private find(i: number): number {
    const { parents } = this;
    while (parents[i] !== i) i = parents[i] = parents[parents[i]];
    return i;
  }

  /** Follows what is listed to the clusters it went into, each once, and has distances of changed ones made anew. */
  private bringUpToDate(cluster: number): void {
    const { lists, linkage, marks, places, mergedAt, listedAt } = this;
    const { ids, distances, sizes, counts, capacity } = lists;
    const now = this.merges.length;
    if (listedAt[cluster] === now) return;
    const start = cluster * capacity;
    let end = start;
    this.stamp++;
    for (let e = start; e < start + counts[cluster]; e++) {
      const other = this.find(ids[e]);
      if (marks[other] === this.stamp) {
        const at = places[other];
        distances[at] = Math.max(distances[at], distances[e]);
        sizes[at] += sizes[e];
        continue;
      }
      marks[other] = this.stamp;
      places[other] = end;
      ids[end] = other;
      distances[end] = distances[e];
      sizes[end++] = sizes[e];
    }
    const found = end;
    end = start;
    for (let e = start; e < found; e++) {
      const other = ids[e];
      const changed = listedAt[cluster] < mergedAt[other];
      const distance = changed ? linkage.renewed(cluster, other, distances[e], sizes[e]) : distances[e];
      if (Number.isNaN(distance)) continue;
      ids[end] = other;
      distances[end] = distance;
      sizes[end++] = linkage.sizes[other];
    }
    counts[cluster] = end - start;
    listedAt[cluster] = now;
  }

  /** Place of the nearest listed cluster, ties to the lower name; -1 = none is listed. */
  private best(cluster: number): number {
    const { ids, distances, counts, capacity } = this.lists;
    const start = cluster * capacity;
    let best = -1;
    for (let e = start; e < start + counts[cluster]; e++) {
      if (best === -1 || distances[e] < distances[best] || (distances[e] === distances[best] && ids[e] < ids[best])) {
        best = e;
      }
    }
    return best;
  }

  private merge(a: number, b: number, distance: number): void {
    const { lists, linkage, heap, nearest, candidates, firsts, seconds } = this;
    this.bringUpToDate(b);
    const kept = Math.min(a, b);
    const dead = Math.max(a, b);
    const count = this.gatherCandidates(kept, dead);
    const sizes = [linkage.sizes[kept], linkage.sizes[dead]] as const;
    const reachFirst = lists.reaches[kept];
    const reachSecond = lists.reaches[dead];
    linkage.merge(kept, dead);
    this.merges.add(kept, dead, distance);
    this.parents[dead] = kept;
    this.mergedAt[kept] = this.listedAt[kept] = this.merges.length;
    let reach = linkage.joinedReach(sizes, reachFirst, reachSecond);
    nearest.clear();
    for (let c = 0; c < count; c++) {
      const joined = linkage.joined(kept, candidates[c], firsts[c], seconds[c]);
      if (!Number.isNaN(joined)) nearest.offer(candidates[c], joined, linkage.sizes[candidates[c]]);
      else if (Number.isNaN(firsts[c])) reach = Math.min(reach, Math.max(reachFirst, seconds[c]));
      else reach = Math.min(reach, Math.max(firsts[c], reachSecond));
    }
    lists.replace(kept, nearest, reach);
    heap.remove(dead);
    const first = nearest.count === 0 ? Infinity : nearest.distances[0];
    heap.update(kept, Math.min(first, lists.reaches[kept]));
  }

  /** The clusters that one of the two lists, each once. */
  private gatherCandidates(kept: number, dead: number): number {
    const { marks, places, candidates, firsts, seconds } = this;
    const { ids, distances, counts, capacity } = this.lists;
    let count = 0;
    this.stamp++;
    for (let e = kept * capacity; e < kept * capacity + counts[kept]; e++) {
      if (ids[e] === dead) continue;
      marks[ids[e]] = this.stamp;
      places[ids[e]] = count;
      candidates[count] = ids[e];
      firsts[count] = distances[e];
      seconds[count++] = NaN;
    }
    for (let e = dead * capacity; e < dead * capacity + counts[dead]; e++) {
      const other = ids[e];
      if (other === kept) continue;
      if (marks[other] === this.stamp) {
        seconds[places[other]] = distances[e];
        continue;
      }
      candidates[count] = other;
      firsts[count] = NaN;
      seconds[count++] = distances[e];
    }
    return count;
  }
}
