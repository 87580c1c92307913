import type { Features } from '@l2c/core';
import { ClusterSums, type SumLinkage } from './cluster-sums.js';
import type { Linkage } from './nearest-merging.js';
import { Nearest, type NeighbourLists } from './neighbour-lists.js';
import type { PairServices } from './pair-blocks.js';

/** How far a float32 product of unit rows may be off: a few times what was seen at dim 256. */
const rounding = 2e-6;

/** Clusters that are multiplied with the searching ones at a time. */
const blockColumns = 1024;

/** Average linkage of 1 - cosine, or Ward's, by the clusters' sums: exact in double precision, searched for in float32. */
export class SumsLinkage implements Linkage {
  readonly sizes: Int32Array;
  readonly tolerance = rounding;
  private readonly sums: ClusterSums;
  private collectors: Nearest[] = [];

  constructor(
    private readonly features: Features,
    private readonly linkage: SumLinkage,
    private readonly services: PairServices,
  ) {
    this.sums = new ClusterSums(features, linkage);
    this.sizes = this.sums.sizes;
  }

  renewed(cluster: number, other: number): number {
    return this.sums.distance(cluster, other);
  }

  merge(kept: number, dead: number): void {
    this.sums.merge(kept, dead);
  }

  joined(kept: number, other: number): number {
    return this.sums.distance(kept, other);
  }

  /** The mean, weighted by size: for Ward's linkage what the formula of Lance and Williams tends to for small others. */
  joinedReach([a, b]: readonly [number, number], first: number, second: number): number {
    return (a * first + b * second) / (a + b);
  }

  async search(urgent: Int32Array, alive: Int32Array, lists: NeighbourLists): Promise<number> {
    const { sums, features } = this;
    const { dim } = features;
    const rows = urgent.length;
    while (this.collectors.length < rows) this.collectors.push(new Nearest(lists.capacity));
    const rowValues = new Float32Array(rows * dim);
    for (let r = 0; r < rows; r++) {
      sums.copyCentre(urgent[r], rowValues, r * dim);
      this.collectors[r].clear();
    }
    const width = Math.min(blockColumns, alive.length);
    const columnValues = new Float32Array(width * dim);
    const products = new Float32Array(rows * width);
    for (let first = 0; first < alive.length; first += width) {
      const columns = alive.subarray(first, first + width);
      columns.forEach((cluster, c) => sums.copyCentre(cluster, columnValues, c * dim));
      await this.services.compute.gemmTransposed(rowValues, rows, columnValues, columns.length, dim, products);
      for (let r = 0; r < rows; r++) this.offer(urgent[r], columns, products, r, this.collectors[r]);
    }
    for (let r = 0; r < rows; r++) this.list(urgent[r], this.collectors[r], lists);
    return rows;
  }

  /** Offers a row of products to the row's collector. */
  private offer(cluster: number, columns: Int32Array, products: Float32Array, row: number, nearest: Nearest): void {
    const { sizes, sums } = this;
    const average = this.linkage === 'average';
    const own = average ? 0 : sums.squaredCentre(cluster);
    const last = nearest.capacity - 1;
    for (let c = 0; c < columns.length; c++) {
      const other = columns[c];
      const product = products[row * columns.length + c];
      const distance = average ? 1 - product : this.ward(cluster, other, own + sums.squaredCentre(other) - 2 * product);
      if (other === cluster || (nearest.count > last && !(distance < nearest.distances[last]))) continue;
      nearest.offer(other, distance, sizes[other]);
    }
  }

  private ward(a: number, b: number, apart: number): number {
    const { sizes } = this;
    return ((sizes[a] * sizes[b]) / (sizes[a] + sizes[b])) * Math.max(0, apart);
  }

  /** Distances of those found are made exact; the last one found, less rounding, bounds all that were not. */
  private list(cluster: number, found: Nearest, lists: NeighbourLists): void {
    const full = found.count === found.capacity;
    const scale = this.linkage === 'average' ? 1 : this.sizes[cluster];
    const reach = full ? found.distances[found.count - 1] - rounding * scale : Infinity;
    const exact = new Nearest(found.capacity);
    for (let e = 0; e < found.count; e++) {
      exact.offer(found.ids[e], this.sums.distance(cluster, found.ids[e]), found.sizes[e]);
    }
    lists.replace(cluster, exact, reach);
  }
}
