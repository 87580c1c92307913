import type { Features } from '@l2c/core';
import { dot32, dot6432, dot64 } from './dot-rows.js';

/** Rows of a block of sums. */
const blockRows = 1024;

/** How far apart two clusters are, by what is known of their members' sum; both are 1 - cosine between two unit rows. */
export type SumLinkage = 'average' | 'ward';

/**
 * Clusters by the sum of their members' rows, which is all that average linkage (of 1 - cosine) and Ward's need: no n x n.
 * A cluster is named by an instance of it. Single instances are read where the features lie; sums of more are double
 * precision and share places, so that they never take more than 4 n dim bytes.
 */
export class ClusterSums {
  /** (n) members of the cluster that each instance names. */
  readonly sizes: Int32Array;
  private readonly squares: Float64Array;
  /** (n) place of the sum, -1 = a single instance. */
  private readonly places: Int32Array;
  private readonly blocks: Float64Array[] = [];
  private readonly free: number[] = [];
  private used = 0;
  private readonly dim: number;
  private readonly shift: number;
  private readonly mask: number;

  constructor(
    private readonly features: Features,
    private readonly linkage: SumLinkage,
  ) {
    const { n, dim, rowsPerBlock } = features;
    this.dim = dim;
    this.shift = Math.log2(rowsPerBlock);
    this.mask = rowsPerBlock - 1;
    this.sizes = new Int32Array(n).fill(1);
    this.places = new Int32Array(n).fill(-1);
    this.squares = new Float64Array(n);
    for (let i = 0; i < n; i++) this.squares[i] = this.dot(i, i);
  }

  /**
   * Average: the mean of 1 - cosine over all pairs of members. Ward: by how much the sum of squared distances to the centre
   * would grow, which is half the square of the height that scipy gives.
   */
  distance(a: number, b: number): number {
    const sizeA = this.sizes[a];
    const sizeB = this.sizes[b];
    const mean = this.dot(a, b) / (sizeA * sizeB);
    if (this.linkage === 'average') return 1 - mean;
    const apart = this.squares[a] / (sizeA * sizeA) + this.squares[b] / (sizeB * sizeB) - 2 * mean;
    return ((sizeA * sizeB) / (sizeA + sizeB)) * Math.max(0, apart);
  }

  /** Adds the members of `other` to `kept`; `other` names nothing any more. */
  merge(kept: number, other: number): void {
    let place = this.places[kept];
    if (place === -1) {
      place = this.places[other];
      if (place === -1) {
        place = this.takePlace();
        this.block(place).fill(0, this.start(place), this.start(place) + this.dim);
        this.addTo(place, other);
      }
      this.addTo(place, kept);
      this.places[kept] = place;
    } else {
      this.addTo(place, other);
      if (this.places[other] !== -1) this.free.push(this.places[other]);
    }
    this.places[other] = -1;
    this.sizes[kept] += this.sizes[other];
    const sum = this.block(place);
    this.squares[kept] = dot64(sum, this.start(place), sum, this.start(place), this.dim);
  }

  /** Copies the mean of the cluster's members to `target`, from `at` on. */
  copyCentre(a: number, target: Float32Array, at: number): void {
    const place = this.places[a];
    const { dim } = this;
    if (place === -1) {
      const row = this.features.blocks[a >>> this.shift];
      const start = (a & this.mask) * dim;
      for (let c = 0; c < dim; c++) target[at + c] = row[start + c];
      return;
    }
    const sum = this.block(place);
    const start = this.start(place);
    const scale = 1 / this.sizes[a];
    for (let c = 0; c < dim; c++) target[at + c] = sum[start + c] * scale;
  }

  /** Squared length of the mean. */
  squaredCentre(a: number): number {
    return this.squares[a] / this.sizes[a] ** 2;
  }

  private dot(a: number, b: number): number {
    const placeA = this.places[a];
    const placeB = this.places[b];
    if (placeA === -1 && placeB === -1) {
      return dot32(this.row(a), this.rowStart(a), this.row(b), this.rowStart(b), this.dim);
    }
    if (placeA === -1) return dot6432(this.block(placeB), this.start(placeB), this.row(a), this.rowStart(a), this.dim);
    if (placeB === -1) return dot6432(this.block(placeA), this.start(placeA), this.row(b), this.rowStart(b), this.dim);
    return dot64(this.block(placeA), this.start(placeA), this.block(placeB), this.start(placeB), this.dim);
  }

  private addTo(place: number, other: number): void {
    const sum = this.block(place);
    const start = this.start(place);
    const from = this.places[other];
    if (from === -1) {
      const row = this.row(other);
      const at = this.rowStart(other);
      for (let c = 0; c < this.dim; c++) sum[start + c] += row[at + c];
    } else {
      const others = this.block(from);
      const at = this.start(from);
      for (let c = 0; c < this.dim; c++) sum[start + c] += others[at + c];
    }
  }

  private takePlace(): number {
    const place = this.free.pop() ?? this.used++;
    if (place >= this.blocks.length * blockRows) this.blocks.push(new Float64Array(blockRows * this.dim));
    return place;
  }

  private block(place: number): Float64Array {
    return this.blocks[Math.floor(place / blockRows)];
  }

  private start(place: number): number {
    return (place % blockRows) * this.dim;
  }

  private row(i: number): Float32Array {
    return this.features.blocks[i >>> this.shift];
  }

  private rowStart(i: number): number {
    return (i & this.mask) * this.dim;
  }
}
