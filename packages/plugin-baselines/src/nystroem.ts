import { Features, type Random } from '@l2c/core';
import { congruent, inverseCholesky } from './cholesky.js';
import {
  eigenWidth,
  leadingEigenvectors,
  type EigenServices,
  type LeadingEigenvectors,
} from './leading-eigenvectors.js';
import { blockRows, gatherRows, squaredLengths } from './row-blocks.js';
import { sampleIds } from './sample-ids.js';

export interface NystroemOptions {
  /** Width of the affinity: exp(-gamma |x - y|²). */
  readonly gamma: number;
  /** Instances the affinity is known of. */
  readonly landmarks: number;
  /** Eigenvectors. */
  readonly count: number;
  readonly iterations: number;
}

/** Added to the landmarks' affinity of 1 to themselves: two equal landmarks are no reason to fail. */
const jitter = 1e-5;

/**
 * The leading eigenvectors of D^-½ A D^-½ for A = exp(-gamma |x - y|²) over all pairs, without A: it is known between every
 * instance and some landmarks (C, n x m) and among those (W, m x m), and taken for C W⁻¹ Cᵀ. C is made block by block,
 * three times, and never held: O(n m dim + n m² + m³) time, 40 m² + 4 n count bytes.
 *
 * Returns (n x count) features whose columns are the eigenvectors, each row scaled to unit length (0 where an instance is far
 * from all landmarks): over all pairs that finds identities that division by degrees, right for sparse graphs, loses.
 * Fowlkes, Belongie, Chung & Malik, "Spectral Grouping Using the Nyström Method", PAMI 26(2), 2004;
 * unit rows: Ng, Jordan & Weiss, "On Spectral Clustering", NIPS 2001.
 */
export async function nystroemEmbedding(
  features: Features,
  options: NystroemOptions,
  random: Random,
  services: EigenServices,
): Promise<Features> {
  const affinity = LandmarkAffinity.of(features, options, random, services);
  const { m } = affinity;
  const inverse = inverseCholesky(await affinity.amongLandmarks(), m);

  // Degrees d = C W⁻¹ (Cᵀ 1).
  const sums = new Float64Array(m);
  await affinity.eachBlock((c, rows) => {
    for (let r = 0; r < rows; r++) for (let j = 0; j < m; j++) sums[j] += c[r * m + j];
  });
  const weights = solve(inverse, sums, m);

  // Z = D^-½ C L⁻ᵀ has Z Zᵀ = D^-½ A D^-½, so its left singular vectors are those wanted: they come from Zᵀ Z (m x m).
  const scales = new Float64Array(features.n);
  const moments = new Float32Array(m * m);
  const part = new Float32Array(m * m);
  let turned = new Float32Array(0);
  await affinity.eachBlock(async (c, rows, first) => {
    if (turned.length < rows * m) turned = new Float32Array(rows * m);
    for (let r = 0; r < rows; r++) {
      let degree = 0;
      for (let j = 0; j < m; j++) degree += c[r * m + j] * weights[j];
      // An approximate degree may come out at 0 or below for an instance far from all landmarks.
      const scale = degree > jitter ? 1 / Math.sqrt(degree) : 0;
      scales[first + r] = scale;
      for (let j = 0; j < m; j++) turned[j * rows + r] = c[r * m + j] * scale;
    }
    await services.compute.gemmTransposed(turned, m, turned, m, rows, part);
    for (let e = 0; e < part.length; e++) moments[e] += part[e];
  });
  const inner = congruent(inverse, moments, m);
  const leading = await leadingOfDense(Float32Array.from(inner), m, options, random, services);

  // Eigenvector j is Z v_j / sigma_j.
  const mixing = mixColumns(leading, inverse, m);
  const embedding = Features.allocate(features.n, options.count);
  let found = new Float32Array(0);
  await affinity.eachBlock(async (c, rows, first) => {
    if (found.length < rows * options.count) found = new Float32Array(rows * options.count);
    await services.compute.gemmTransposed(c, rows, mixing, options.count, m, found);
    for (let r = 0; r < rows; r++) {
      // The degree scales a row as a whole, so unit length takes its place.
      const row = embedding.row(first + r);
      let square = 0;
      for (let j = 0; j < options.count; j++) square += found[r * options.count + j] ** 2;
      const scale = square > 0 && scales[first + r] > 0 ? 1 / Math.sqrt(square) : 0;
      for (let j = 0; j < options.count; j++) row[j] = found[r * options.count + j] * scale;
    }
  });
  return embedding;
}

/** The affinity between blocks of instances and the landmarks. */
class LandmarkAffinity {
  readonly m: number;
  private readonly squares: Float64Array;
  private readonly landmarkSquares: Float64Array;

  private constructor(
    private readonly features: Features,
    private readonly gamma: number,
    private readonly landmarks: Float32Array,
    ids: Int32Array,
    private readonly services: EigenServices,
  ) {
    this.m = ids.length;
    this.squares = squaredLengths(features);
    this.landmarkSquares = Float64Array.from(ids, (i) => this.squares[i]);
  }

  static of(features: Features, options: NystroemOptions, random: Random, services: EigenServices): LandmarkAffinity {
    const ids = sampleIds(features.n, Math.min(options.landmarks, features.n), random);
    const rows = new Float32Array(ids.length * features.dim);
    gatherRows(features, ids, 0, ids.length, rows);
    return new LandmarkAffinity(features, options.gamma, rows, ids, services);
  }

  /** (m x m), a little added to its diagonal. */
  async amongLandmarks(): Promise<Float64Array> {
    const { m, landmarks, landmarkSquares, features, services, gamma } = this;
    const products = new Float32Array(m * m);
    await services.compute.gemmTransposed(landmarks, m, landmarks, m, features.dim, products);
    const w = new Float64Array(m * m);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < i; j++) {
        const distance = landmarkSquares[i] + landmarkSquares[j] - 2 * products[i * m + j];
        w[i * m + j] = w[j * m + i] = Math.exp(-gamma * Math.max(0, distance));
      }
      w[i * m + i] = 1 + jitter;
    }
    return w;
  }

  /** Calls `use` with the affinities (rows x m) of block after block; the array is used again for the next. */
  async eachBlock(use: (c: Float32Array, rows: number, first: number) => void | Promise<void>): Promise<void> {
    const { features, m, landmarks, landmarkSquares, squares, services, gamma } = this;
    const height = Math.min(features.n, blockRows(m));
    const rows = new Float32Array(height * features.dim);
    const c = new Float32Array(height * m);
    for (let first = 0; first < features.n; first += height) {
      services.signal.throwIfAborted();
      const count = Math.min(height, features.n - first);
      features.copyRows(first, first + count, rows);
      await services.compute.gemmTransposed(rows, count, landmarks, m, features.dim, c);
      for (let r = 0; r < count; r++) {
        for (let j = 0; j < m; j++) {
          const distance = squares[first + r] + landmarkSquares[j] - 2 * c[r * m + j];
          c[r * m + j] = Math.exp(-gamma * Math.max(0, distance));
        }
      }
      await use(c, count, first);
    }
  }
}

/** L⁻ᵀ L⁻¹ b: solves L Lᵀ x = b. */
function solve(inverse: Float64Array, b: Float64Array, m: number): Float64Array {
  const half = new Float64Array(m);
  for (let i = 0; i < m; i++) for (let j = 0; j <= i; j++) half[i] += inverse[i * m + j] * b[j];
  const x = new Float64Array(m);
  for (let i = 0; i < m; i++) for (let j = 0; j <= i; j++) x[j] += inverse[i * m + j] * half[i];
  return x;
}

function leadingOfDense(
  matrix: Float32Array,
  m: number,
  { count, iterations }: NystroemOptions,
  random: Random,
  services: EigenServices,
): Promise<LeadingEigenvectors> {
  const turned = new Float32Array(m * eigenWidth(m, count));
  const multiply = async (x: Float32Array, width: number, out: Float32Array): Promise<void> => {
    for (let i = 0; i < m; i++) for (let j = 0; j < width; j++) turned[j * m + i] = x[i * width + j];
    await services.compute.gemmTransposed(matrix, m, turned, width, m, out);
  };
  return leadingEigenvectors({ n: m, multiply }, count, iterations, random, services);
}

/** (count x m): row j is L⁻ᵀ v_j / sigma_j, what turns affinities to the landmarks into eigenvector j. */
function mixColumns({ values, vectors, width }: LeadingEigenvectors, inverse: Float64Array, m: number): Float32Array {
  const mixing = new Float32Array(values.length * m);
  const sum = new Float64Array(m);
  for (let j = 0; j < values.length; j++) {
    if (!(values[j] > jitter)) continue; // beyond the rank of the affinity: a column of zeros
    sum.fill(0);
    for (let k = 0; k < m; k++) {
      const factor = vectors[k * width + j] / Math.sqrt(values[j]);
      for (let i = 0; i <= k; i++) sum[i] += factor * inverse[k * m + i];
    }
    mixing.set(sum, j * m);
  }
  return mixing;
}
