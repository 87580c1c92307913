import type { Compute, EngineName } from '../../src/compute/compute.js';
import { tryEngine } from '../../src/compute/create-compute.js';
import { createRandom } from '../../src/stages/random.js';

/** Standard normal float32 numbers, the same for the same seed. */
export function normals(length: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => random.normal());
}

/** a bᵀ in double precision: a (m x dim), b (n x dim), the result (m x n). */
export function productOf(a: Float32Array, m: number, b: Float32Array, n: number, dim: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      for (let c = 0; c < dim; c++) out[i * n + j] += a[i * dim + c] * b[j * dim + c];
    }
  }
  return out;
}

/** The largest absolute difference of two lists of one length; NaN anywhere is infinitely far. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} values beside ${b.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
  }
  return largest;
}

/** The engine on a cpu, or undefined where it doesn't load. */
export async function engineOrNone(name: EngineName, threads = 1): Promise<Compute | undefined> {
  try {
    return await tryEngine(name, { device: 'cpu', threads });
  } catch {
    return undefined;
  }
}
