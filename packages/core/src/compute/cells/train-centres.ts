import type { Features } from '../../data/features.js';
import { sharedFloat32, sharedInt32 } from '../../data/shared-arrays.js';
import type { Random } from '../../stages/services.js';
import type { CellIds } from './cell-job.js';

/** Rows that a centre is learnt from, and rounds. With fewer, more cells must be looked at for the same recall. */
const rowsPerCentre = 20;
const rounds = 5;

/** Says to which centre of (cells x dim) each instance is nearest, ties to the lower. Arrays are shared. */
export type NearestCentre = (instances: Int32Array, centres: Float32Array) => Promise<CellIds>;

/**
 * Unit centres (cells x dim) by spherical k-means, cells <= n: a centre points where the sum of the rows that are nearest to
 * it does. It begins with rows at random; a centre that no row is nearest to, or whose rows cancel out, starts over from
 * another. Learns from 20 rows a centre, at even steps. O(100 cells² dim) time.
 * Dhillon, Modha, Concept decompositions for large sparse text data using clustering, Machine Learning, 2001.
 */
export async function trainCentres(
  features: Features,
  cells: number,
  random: Random,
  nearest: NearestCentre,
): Promise<Float32Array> {
  const { n, dim } = features;
  if (!(cells >= 1 && cells <= n)) throw new RangeError(`${cells} cells of ${n} instances`);
  const count = Math.min(n, rowsPerCentre * cells);
  const sample = sharedInt32(count).map((_, r) => Math.floor((r * n) / count));
  const centres = sharedFloat32(cells * dim);
  const takeRow = (instance: number, c: number): void => {
    if (!takeDirection(features.row(instance), 0, dim, centres, c)) centres.fill(0, c * dim, (c + 1) * dim);
  };
  random.shuffle(sample.slice()).subarray(0, cells).forEach(takeRow);
  if (cells === n) return centres;
  const sums = new Float64Array(cells * dim);
  for (let round = 0; round < rounds; round++) {
    const own = await nearest(sample, centres);
    sums.fill(0);
    for (let r = 0; r < count; r++) addTo(sums, own[r] * dim, features.row(sample[r]));
    for (let c = 0; c < cells; c++) {
      if (!takeDirection(sums, c * dim, dim, centres, c)) takeRow(sample[random.integer(count)], c);
    }
  }
  return centres;
}

function addTo(sums: Float64Array, at: number, row: Float32Array): void {
  for (let c = 0; c < row.length; c++) sums[at + c] += row[c];
}

/** Centre c becomes the direction of the values from `at` on; false, and nothing is done, where they are zero. */
function takeDirection(
  values: Float32Array | Float64Array,
  at: number,
  dim: number,
  centres: Float32Array,
  c: number,
): boolean {
  let sum = 0;
  for (let i = at; i < at + dim; i++) sum += values[i] * values[i];
  if (!(sum > 0)) return false;
  const scale = 1 / Math.sqrt(sum);
  for (let i = 0; i < dim; i++) centres[c * dim + i] = values[at + i] * scale;
  return true;
}
