import { setImmediate } from 'node:timers/promises';
import type { Csr, Features } from '@l2c/core';
import { ClusterSums, type SumLinkage } from './cluster-sums.js';
import { MergeList, type MergeLimits, type Merges } from './merges.js';
import type { PairServices } from './pair-blocks.js';
import { PairHeap } from './pair-heap.js';

/** Merges between looks at the signal. */
const mergesBetweenPauses = 1024;

/**
 * Merges the two nearest of all *linked* clusters until `limits` are met or nothing is linked any more. Clusters are linked
 * where any of their members are; the distance is that of all their members, linked or not. `links` must hold each pair
 * once, in either direction. Distances may fall from merge to merge: a link to one part also opens the way to what was
 * near the other.
 *
 * O((m + sum of the merged clusters' links) (dim + log m)) time, 16 bytes a link that is or was, besides the sums.
 * Ward's linkage as scikit-learn's ward_tree with connectivity; average linkage is of all pairs of members, where
 * scikit-learn averages over the links.
 */
export async function mergeLinked(
  features: Features,
  links: Csr,
  linkage: SumLinkage,
  limits: MergeLimits,
  services: Pick<PairServices, 'progress' | 'signal'>,
): Promise<Merges> {
  const { n } = features;
  const merging = new LinkedMerging(features, links, linkage, limits.maxDistance);
  const target = Math.max(1, limits.clusters);
  while (merging.clusters > target && merging.next()) {
    if ((n - merging.clusters) % mergesBetweenPauses !== 0) continue;
    await setImmediate();
    services.signal.throwIfAborted();
    services.progress.update(n - merging.clusters, n - target, 'merges');
  }
  services.progress.update(1, 1);
  return merging.done();
}

/**
 * Clusters are numbered like nodes of the tree: instances, then n, n + 1, ... as they are merged, so that a pair in the heap
 * is outdated exactly where one of its ends has a parent.
 */
class LinkedMerging {
  private readonly merges: MergeList;
  private readonly sums: ClusterSums;
  private readonly heap: PairHeap;
  /** (2 n) the node that a node went into, -1 = none yet; and the instance that names its sum. */
  private readonly parents: Int32Array;
  private readonly names: Int32Array;
  private readonly marks: Int32Array;
  private readonly neighbours: NodeLists;

  constructor(
    features: Features,
    links: Csr,
    linkage: SumLinkage,
    private readonly maxDistance: number,
  ) {
    const { n } = features;
    this.merges = new MergeList(n);
    this.sums = new ClusterSums(features, linkage);
    this.parents = new Int32Array(2 * n).fill(-1);
    this.names = new Int32Array(2 * n);
    for (let i = 0; i < n; i++) this.names[i] = i;
    this.marks = new Int32Array(2 * n).fill(-1);
    this.neighbours = new NodeLists(links);
    this.heap = new PairHeap(links.offsets[n]);
    for (let i = 0; i < n; i++) {
      for (let e = links.offsets[i]; e < links.offsets[i + 1]; e++) this.offer(i, links.targets[e]);
    }
  }

  get clusters(): number {
    return this.parents.length / 2 - this.merges.length;
  }

  done(): Merges {
    return this.merges.done();
  }

  /** Makes the next merge; false where none is left. */
  next(): boolean {
    const { heap, parents } = this;
    while (heap.size > 0 && (parents[heap.first] !== -1 || parents[heap.second] !== -1)) heap.pop();
    if (heap.size === 0) return false;
    const { first, second, distance } = heap;
    heap.pop();
    this.merge(first, second, distance);
    return true;
  }

  private merge(first: number, second: number, distance: number): void {
    const { parents, names, sums, merges, neighbours, marks } = this;
    const node = parents.length / 2 + merges.length;
    merges.add(names[first], names[second], distance);
    sums.merge(names[first], names[second]);
    names[node] = names[first];
    parents[first] = parents[second] = node;
    marks[node] = node;
    neighbours.open(node, neighbours.length(first) + neighbours.length(second));
    for (const part of [first, second]) {
      for (let e = 0; e < neighbours.length(part); e++) {
        const other = this.find(neighbours.at(part, e));
        if (marks[other] === node) continue;
        marks[other] = node;
        neighbours.append(node, other);
        this.offer(other, node);
      }
      neighbours.drop(part);
    }
  }

  /** A pair beyond the limit will not merge as it is, and what its ends become is offered anew. */
  private offer(first: number, second: number): void {
    const distance = this.sums.distance(this.names[first], this.names[second]);
    if (distance <= this.maxDistance) this.heap.push(Math.min(first, second), Math.max(first, second), distance);
  }

  private find(node: number): number {
    const { parents } = this;
    let root = node;
    while (parents[root] !== -1) root = parents[root];
    while (parents[node] !== -1 && parents[node] !== root) [node, parents[node]] = [parents[node], root];
    return root;
  }
}

/** Lists of nodes in one array; what was dropped is swept out when the array is full. */
class NodeLists {
  private values: Int32Array;
  private end: number;
  private readonly starts: Int32Array;
  private readonly lengths: Int32Array;

  /** The lists of nodes 0 .. n - 1 hold each link in both directions. */
  constructor({ n, offsets, targets }: Csr) {
    this.starts = new Int32Array(2 * n);
    this.lengths = new Int32Array(2 * n);
    for (let i = 0; i < n; i++) {
      for (let e = offsets[i]; e < offsets[i + 1]; e++) {
        this.lengths[i]++;
        this.lengths[targets[e]]++;
      }
    }
    this.end = 0;
    for (let i = 0; i < n; i++) {
      this.starts[i] = this.end;
      this.end += this.lengths[i];
      this.lengths[i] = 0;
    }
    this.values = new Int32Array(2 * this.end + 16);
    for (let i = 0; i < n; i++) {
      for (let e = offsets[i]; e < offsets[i + 1]; e++) {
        this.values[this.starts[i] + this.lengths[i]++] = targets[e];
        this.values[this.starts[targets[e]] + this.lengths[targets[e]]++] = i;
      }
    }
  }

  length(node: number): number {
    return this.lengths[node];
  }

  at(node: number, place: number): number {
    return this.values[this.starts[node] + place];
  }

  /** Starts the list of a node at the end, where there is room for `most`. */
  open(node: number, most: number): void {
    if (this.end + most > this.values.length) this.sweep(most);
    this.starts[node] = this.end;
  }

  append(node: number, value: number): void {
    this.values[this.starts[node] + this.lengths[node]++] = value;
    this.end++;
  }

  drop(node: number): void {
    this.lengths[node] = 0;
  }

  private sweep(most: number): void {
    let live = most;
    for (const length of this.lengths) live += length;
    const values = new Int32Array(Math.max(this.values.length, 2 * live));
    this.end = 0;
    for (let node = 0; node < this.lengths.length; node++) {
      const start = this.starts[node];
      values.set(this.values.subarray(start, start + this.lengths[node]), this.end);
      this.starts[node] = this.end;
      this.end += this.lengths[node];
    }
    this.values = values;
  }
}
