import { setImmediate } from 'node:timers/promises';
import type { Features, Services } from '@l2c/core';
import { squaredLengths } from './row-blocks.js';
import { distinct, type Points } from './shift-seeds.js';

/** Seeds that move, and instances, that are multiplied at a time. */
const blockRows = 256;
const blockColumns = 2048;

/** Share of the bandwidth below which a point no longer moves. */
const still = 1e-3;

export interface Modes extends Points {
  /** (count) instances within the bandwidth before the last step. */
  readonly weights: Int32Array;
}

/**
 * Moves each seed to the mean of the instances within `bandwidth` (Euclidean, inclusive) until it moves less than a
 * thousandth of it, at most `iterations` times after the first. Seeds that come to the same mean to the last bit go on as one, and
 * those with no instance near are dropped. Writes to the seeds. O(iterations seeds n dim) time, less what merges; 4 dim bytes a seed.
 */
export async function findModes(
  features: Features,
  seeds: Points,
  bandwidth: number,
  iterations: number,
  services: Pick<Services, 'compute' | 'progress' | 'signal'>,
): Promise<Modes> {
  const { dim } = features;
  const shift = new Shift(features, bandwidth, services.compute);
  const done = new Float32Array(seeds.count * dim);
  const doneWeights = new Int32Array(seeds.count);
  let count = 0;
  let moving = seeds;
  for (let iteration = 0; moving.count > 0; iteration++) {
    let left = 0;
    for (let first = 0; first < moving.count; first += blockRows) {
      await setImmediate(); // signals get their turn
      services.signal.throwIfAborted();
      services.progress.update(seeds.count - moving.count + left, seeds.count, 'seeds');
      const rows = Math.min(blockRows, moving.count - first);
      const values = moving.values.subarray(first * dim, (first + rows) * dim);
      await shift.step(values, rows);
      for (let r = 0; r < rows; r++) {
        if (shift.weights[r] === 0) continue;
        const row = values.subarray(r * dim, (r + 1) * dim);
        if (shift.moved[r] < still * bandwidth || iteration === iterations) {
          doneWeights[count] = shift.weights[r];
          done.set(row, count++ * dim);
        } else {
          moving.values.copyWithin(left++ * dim, (first + r) * dim, (first + r + 1) * dim);
        }
      }
    }
    moving = distinct(moving.values, left, dim);
  }
  services.progress.update(seeds.count, seeds.count, 'seeds');
  return { values: done.subarray(0, count * dim), count, weights: doneWeights.subarray(0, count) };
}

/** One step of a block of points. */
class Shift {
  /** Instances within the bandwidth, and how far the point went. */
  readonly weights = new Int32Array(blockRows);
  readonly moved = new Float64Array(blockRows);
  private readonly sums: Float64Array;
  private readonly products = new Float32Array(blockRows * blockColumns);
  private readonly columnValues: Float32Array;
  private readonly squares: Float64Array;

  constructor(
    private readonly features: Features,
    private readonly bandwidth: number,
    private readonly compute: Services['compute'],
  ) {
    this.sums = new Float64Array(blockRows * features.dim);
    this.columnValues = new Float32Array(Math.min(features.n, blockColumns) * features.dim);
    this.squares = squaredLengths(features);
  }

  /** Replaces each of the points by the mean of what is near. */
  async step(points: Float32Array, rows: number): Promise<void> {
    const { features, products, columnValues, sums, weights, moved } = this;
    const { n, dim } = features;
    sums.fill(0);
    weights.fill(0);
    for (let first = 0; first < n; first += blockColumns) {
      const columns = Math.min(blockColumns, n - first);
      features.copyRows(first, first + columns, columnValues);
      await this.compute.gemmTransposed(points, rows, columnValues, columns, dim, products);
      for (let r = 0; r < rows; r++) this.addNear(points, r, first, columns);
    }
    for (let r = 0; r < rows; r++) {
      let squared = 0;
      for (let c = 0; c < dim && weights[r] > 0; c++) {
        const mean = Math.fround(sums[r * dim + c] / weights[r]);
        squared += (mean - points[r * dim + c]) ** 2;
        points[r * dim + c] = mean;
      }
      moved[r] = Math.sqrt(squared);
    }
  }

  private addNear(points: Float32Array, row: number, first: number, columns: number): void {
    const { products, columnValues, sums, squares, bandwidth, features } = this;
    const { dim } = features;
    let length = 0;
    for (let c = row * dim; c < (row + 1) * dim; c++) length += points[c] * points[c];
    const least = length - bandwidth * bandwidth;
    const sum = row * dim;
    for (let j = 0; j < columns; j++) {
      if (!(2 * products[row * columns + j] - squares[first + j] >= least)) continue;
      this.weights[row]++;
      for (let c = 0; c < dim; c++) sums[sum + c] += columnValues[j * dim + c];
    }
  }
}

/**
 * Of the modes within `bandwidth` of each other the one with the most instances, ties to the larger coordinates, first
 * difference first: the centres. O(modes² dim).
 */
export async function dominantModes(
  modes: Modes,
  dim: number,
  bandwidth: number,
  compute: Services['compute'],
): Promise<Points> {
  const { values, count, weights } = modes;
  const order = new Uint32Array(count);
  for (let m = 0; m < count; m++) order[m] = m;
  order.sort((a, b) => weights[b] - weights[a] || compareRows(values, b, a, dim));
  const sorted = new Float32Array(count * dim);
  const squares = new Float64Array(count);
  order.forEach((m, place) => {
    sorted.set(values.subarray(m * dim, (m + 1) * dim), place * dim);
    for (let c = m * dim; c < (m + 1) * dim; c++) squares[place] += values[c] * values[c];
  });
  const dominated = new Uint8Array(count);
  const products = new Float32Array(Math.min(blockRows, count) * count);
  let kept = 0;
  for (let first = 0; first < count; first += blockRows) {
    const rows = Math.min(blockRows, count - first);
    await compute.gemmTransposed(sorted.slice(first * dim, (first + rows) * dim), rows, sorted, count, dim, products);
    for (let r = 0; r < rows; r++) {
      const mode = first + r;
      if (dominated[mode] === 1) continue;
      for (let other = mode + 1; other < count; other++) {
        const squared = squares[mode] + squares[other] - 2 * products[r * count + other];
        if (squared <= bandwidth * bandwidth) dominated[other] = 1;
      }
    }
  }
  for (let m = 0; m < count; m++) {
    if (dominated[m] === 0) sorted.copyWithin(kept++ * dim, m * dim, (m + 1) * dim);
  }
  return { values: sorted.subarray(0, kept * dim), count: kept };
}

function compareRows(values: Float32Array, a: number, b: number, dim: number): number {
  for (let c = 0; c < dim; c++) {
    const difference = values[a * dim + c] - values[b * dim + c];
    if (difference !== 0) return difference;
  }
  return 0;
}
