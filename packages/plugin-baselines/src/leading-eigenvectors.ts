import type { Random, Services } from '@l2c/core';
import { congruent, inverseCholesky, mix } from './cholesky.js';
import { symmetricEigen } from './symmetric-eigen.js';

/** A symmetric matrix with eigenvalues in -1 .. 1, known by what it does to n x width matrices (row-major float32). */
export interface SymmetricOperator {
  readonly n: number;
  /** out = A x. */
  multiply(x: Float32Array, width: number, out: Float32Array): void | Promise<void>;
}

export interface LeadingEigenvectors {
  /** (count) descending. */
  readonly values: Float64Array;
  /** (n x width) row-major; eigenvector j is column j, and only the first `count` columns are accurate. */
  readonly vectors: Float32Array;
  readonly width: number;
  readonly rounds: number;
}

export type EigenServices = Pick<Services, 'compute' | 'signal' | 'progress'>;

/** The search ends when the sum of the values grows by less than this share of their number. */
const settled = 1e-5;

/**
 * How much a filter may favour the largest eigenvalue, beyond which float32 rounding of it drowns the others: while columns
 * are mixtures of all eigenvectors, and once each is near one of them.
 */
const gain = { mixed: 100, apart: 2000 };

/** Columns beside those asked for: the last ones converge slowest. */
export function eigenWidth(n: number, count: number): number {
  return Math.min(n, count + Math.max(16, count >> 3));
}

/**
 * The eigenvectors of the `count` largest eigenvalues, by subspace iteration: a block of vectors is multiplied with a
 * Chebyshev polynomial of the matrix that is small where unwanted eigenvalues lie, and then turned towards the eigenvectors
 * (Rayleigh-Ritz) by the decomposition of a width x width matrix. A block finds all vectors of a repeated eigenvalue, such
 * as the 1 of each part of a graph. Accurate to about three digits, which is more than a partition needs.
 *
 * O(rounds (degree m width + n width² + width³)) for m entries; 12 n width + 24 width² bytes beside the operator's.
 * Zhou, Saad, Tiago & Chelikowsky, "Self-consistent-field calculations using Chebyshev-filtered subspace iteration",
 * J. Comput. Phys. 219, 2006.
 */
export async function leadingEigenvectors(
  operator: SymmetricOperator,
  count: number,
  iterations: number,
  random: Random,
  services: EigenServices,
): Promise<LeadingEigenvectors> {
  const { n } = operator;
  const width = eigenWidth(n, count);
  const y = new Float32Array(n * width);
  let [x, z] = [new Float32Array(n * width), new Float32Array(n * width)];
  if (width === n) for (let i = 0; i < n; i++) x[i * n + i] = 1;
  else for (let i = 0; i < x.length; i++) x[i] = random.normal();
  const projection = new Projection(n, width, services);
  let values: Float64Array = new Float64Array(width);
  let sum = -Infinity;
  let rounds = 0;
  while (rounds < iterations) {
    services.progress.update(rounds, iterations, 'rounds');
    services.signal.throwIfAborted();
    if (width < n) {
      replaceLost(x, width, random);
      // Before anything is known, unwanted means negative.
      const bound = rounds === 0 ? 0 : Math.max(-0.5, Math.min(0.999, values[width - 1]));
      const degree = degreeFor(bound, rounds === 0 ? gain.mixed : gain.apart);
      await filter(operator, x, y, z, width, bound, degree, services.signal);
    }
    await operator.multiply(x, width, y);
    values = await projection.turn(x, y, z);
    [x, z] = [z, x];
    rounds++;
    const reached = values.subarray(0, count).reduce((total, value) => total + value, 0);
    if (width === n || reached - sum < settled * count) break;
    sum = reached;
  }
  return { values: values.slice(0, count), vectors: x, width, rounds };
}

/** The degree at which the polynomial of {@link filter} reaches `most` at the eigenvalue 1. */
function degreeFor(bound: number, most: number): number {
  return Math.max(2, Math.min(40, Math.floor(Math.acosh(most) / Math.acosh((3 - bound) / (1 + bound)))));
}

/** x <- T(A) x, T the Chebyshev polynomial that stays within -1 .. 1 on -1 .. bound and grows above. y and z are scratch. */
async function filter(
  operator: SymmetricOperator,
  x: Float32Array,
  y: Float32Array,
  z: Float32Array,
  width: number,
  bound: number,
  degree: number,
  signal: AbortSignal,
): Promise<void> {
  const half = (bound + 1) / 2;
  const centre = (bound - 1) / 2;
  let [before, now, next] = [x, y, z];
  await operator.multiply(before, width, now);
  for (let i = 0; i < now.length; i++) now[i] = (now[i] - centre * before[i]) / half;
  for (let power = 2; power <= degree; power++) {
    signal.throwIfAborted();
    await operator.multiply(now, width, next);
    for (let i = 0; i < next.length; i++) next[i] = (2 / half) * (next[i] - centre * now[i]) - before[i];
    [before, now, next] = [now, next, before];
  }
  if (now !== x) x.set(now);
}

/** Starts columns anew that depended on others, and were left out. */
function replaceLost(x: Float32Array, width: number, random: Random): void {
  for (let c = 0; c < width; c++) {
    let square = 0;
    for (let at = c; at < x.length; at += width) square += x[at] * x[at];
    if (square > 0.01) continue;
    const scale = Math.sqrt(width / x.length);
    for (let at = c; at < x.length; at += width) x[at] = scale * random.normal();
  }
}

/** Turns a block of vectors towards the eigenvectors. Keeps its room between rounds. */
class Projection {
  private readonly transposed: Float32Array;
  private readonly gram: Float32Array;

  constructor(
    private readonly n: number,
    private readonly width: number,
    private readonly services: EigenServices,
  ) {
    this.transposed = new Float32Array(n * width);
    this.gram = new Float32Array(width * width);
  }

  /**
   * Of x (n x width) and y = A x, the eigenvalues of A within the space that x spans; their vectors, of unit length, are
   * written to `out` column by column. y is overwritten.
   */
  async turn(x: Float32Array, y: Float32Array, out: Float32Array): Promise<Float64Array> {
    const { n, width, transposed, gram, services } = this;
    transpose(x, n, width, transposed);
    await services.compute.gemmTransposed(transposed, width, transposed, width, n, gram);
    const inverse = inverseCholesky(Float64Array.from(gram), width);
    const yTransposed = out; // free until the end
    transpose(y, n, width, yTransposed);
    await services.compute.gemmTransposed(transposed, width, yTransposed, width, n, gram);
    const { values, vectors } = symmetricEigen(congruent(inverse, gram, width), width);
    // Row j: how to mix the columns of x for vector j.
    await services.compute.gemmTransposed(x, n, mix(vectors, inverse, width), width, width, out);
    return values;
  }
}

/** In tiles, so that neither side strides through memory row by row. */
function transpose(from: Float32Array, rows: number, columns: number, to: Float32Array): void {
  const tile = 32;
  for (let r0 = 0; r0 < rows; r0 += tile) {
    const r1 = Math.min(rows, r0 + tile);
    for (let c0 = 0; c0 < columns; c0 += tile) {
      const c1 = Math.min(columns, c0 + tile);
      for (let r = r0; r < r1; r++) for (let c = c0; c < c1; c++) to[c * rows + r] = from[r * columns + c];
    }
  }
}
