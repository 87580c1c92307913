import type { Features } from '@l2c/core';
import type { Linkage } from './nearest-merging.js';
import { Nearest, type NeighbourLists } from './neighbour-lists.js';
import type { PairServices } from './pair-blocks.js';

/** Members of searching clusters, and instances, that are multiplied at a time. */
const blockRows = 512;
const blockColumns = 1024;

/** Complete linkage: clusters are as far apart as their two farthest members, by float32 products. */
export class CompleteLinkage implements Linkage {
  readonly sizes: Int32Array;
  readonly tolerance = 0;
  /** (n) members of a cluster as a chain from the instance that names it; -1 ends it. */
  private readonly next: Int32Array;
  private readonly last: Int32Array;

  constructor(
    private readonly features: Features,
    private readonly services: PairServices,
  ) {
    const { n } = features;
    this.sizes = new Int32Array(n).fill(1);
    this.next = new Int32Array(n).fill(-1);
    this.last = new Int32Array(n);
    for (let i = 0; i < n; i++) this.last[i] = i;
  }

  /** The largest distance to its parts, if all of them were listed. */
  renewed(_cluster: number, other: number, largest: number, listed: number): number {
    return listed === this.sizes[other] ? largest : NaN;
  }

  merge(kept: number, dead: number): void {
    this.next[this.last[kept]] = dead;
    this.last[kept] = this.last[dead];
    this.sizes[kept] += this.sizes[dead];
  }

  joined(_kept: number, _other: number, first: number, second: number): number {
    return Math.max(first, second); // NaN where either is
  }

  joinedReach(_sizes: readonly [number, number], first: number, second: number): number {
    return Math.max(first, second);
  }

  /** Compares members with all instances: as many clusters as fill a block of rows, at least one. */
  async search(urgent: Int32Array, alive: Int32Array, lists: NeighbourLists): Promise<number> {
    const { n } = this.features;
    const owners = this.owners(alive, n);
    let done = 0;
    let rows = 0;
    while (done < urgent.length && (done === 0 || rows + this.sizes[urgent[done]] <= blockRows)) {
      rows += this.sizes[urgent[done++]];
    }
    const members = new Int32Array(rows);
    const rowClusters = new Int32Array(rows);
    for (let u = 0, at = 0; u < done; u++) {
      for (let i = urgent[u]; i !== -1; i = this.next[i]) {
        rowClusters[at] = u;
        members[at++] = i;
      }
    }
    // The least similarity of each searching cluster to each cluster alive.
    const least = new Float32Array(done * alive.length).fill(Infinity);
    await this.eachRow(members, (row, firstColumn, products) => {
      const offset = rowClusters[row] * alive.length;
      for (let c = 0; c < products.length; c++) {
        const at = offset + owners[firstColumn + c];
        if (products[c] < least[at]) least[at] = products[c];
      }
    });
    const nearest = new Nearest(lists.capacity);
    for (let u = 0; u < done; u++) {
      nearest.clear();
      for (let a = 0; a < alive.length; a++) {
        if (alive[a] !== urgent[u]) nearest.offer(alive[a], 1 - least[u * alive.length + a], this.sizes[alive[a]]);
      }
      lists.replace(urgent[u], nearest, Infinity);
    }
    return done;
  }

  /** (n) the place in `alive` of each instance's cluster. */
  private owners(alive: Int32Array, n: number): Int32Array {
    const owners = new Int32Array(n);
    for (let a = 0; a < alive.length; a++) {
      for (let i = alive[a]; i !== -1; i = this.next[i]) owners[i] = a;
    }
    return owners;
  }

  /** Visits the products of each member with the instances firstColumn .., part by part. */
  private async eachRow(
    members: Int32Array,
    visit: (row: number, firstColumn: number, products: Float32Array) => void,
  ): Promise<void> {
    const { features, services } = this;
    const { n, dim } = features;
    const rowValues = new Float32Array(Math.min(blockRows, members.length) * dim);
    const columnValues = new Float32Array(Math.min(blockColumns, n) * dim);
    const products = new Float32Array((rowValues.length / dim) * Math.min(blockColumns, n));
    for (let first = 0; first < members.length; first += blockRows) {
      services.signal.throwIfAborted();
      const rows = Math.min(blockRows, members.length - first);
      for (let r = 0; r < rows; r++) rowValues.set(features.row(members[first + r]), r * dim);
      for (let firstColumn = 0; firstColumn < n; firstColumn += blockColumns) {
        const columns = Math.min(blockColumns, n - firstColumn);
        features.copyRows(firstColumn, firstColumn + columns, columnValues);
        await services.compute.gemmTransposed(rowValues, rows, columnValues, columns, dim, products);
        for (let r = 0; r < rows; r++) {
          visit(first + r, firstColumn, products.subarray(r * columns, (r + 1) * columns));
        }
      }
    }
  }
}
