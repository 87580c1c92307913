import type { Features } from '@l2c/core';
import { RowSet } from './row-set.js';

/** Points of the space, row-major (count x dim), that move to where instances are dense. */
export interface Points {
  readonly values: Float32Array;
  readonly count: number;
}

/** Every instance, each position once: equal ones would go the same way. */
export function instanceSeeds(features: Features): Points {
  const values = new Float32Array(features.n * features.dim);
  features.copyRows(0, features.n, values);
  return distinct(values, features.n, features.dim);
}

/**
 * The corners of a grid of the given width next to which at least `least` instances lie, ties to the even corner; the
 * instances themselves where that is one each. In many dimensions a grid is coarse: unit rows round to few corners, and
 * with a wide grid to the origin alone. scikit-learn's get_bin_seeds. O(n dim).
 */
export function gridSeeds(features: Features, width: number, least: number): Points {
  const { n, dim } = features;
  const corners = new Float32Array(n * dim);
  features.copyRows(0, n, corners);
  for (let e = 0; e < corners.length; e++) corners[e] = roundHalfEven(corners[e] / width) + 0; // no -0
  const set = new RowSet(corners, dim, n);
  const counts = new Int32Array(n);
  for (let i = 0; i < n; i++) counts[set.add(i)]++;
  let count = 0;
  for (let i = 0; i < n; i++) {
    if (counts[i] === 0 || counts[i] < least) continue;
    for (let c = 0; c < dim; c++) corners[count * dim + c] = corners[i * dim + c] * width;
    count++;
  }
  return count === n ? instanceSeeds(features) : { values: corners.subarray(0, count * dim), count };
}

/** Drops rows that are equal to one before, in place. */
export function distinct(values: Float32Array, rows: number, dim: number): Points {
  const set = new RowSet(values, dim, rows);
  const first = new Uint8Array(rows);
  for (let r = 0; r < rows; r++) first[r] = set.add(r) === r ? 1 : 0;
  let count = 0;
  for (let r = 0; r < rows; r++) if (first[r] === 1) values.copyWithin(count++ * dim, r * dim, (r + 1) * dim);
  return { values: values.subarray(0, count * dim), count };
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
