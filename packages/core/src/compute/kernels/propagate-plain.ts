import type { SparseMatrix } from './sparse-matrix.js';

/**
 * out = max(out + A x, lowest) for a sparse A (rows x columns) and a dense x (columns x dim), row-major; NaN stays NaN. Plain
 * TypeScript: the twin that the wasm kernel is held against, and its stand-in where there is no WebAssembly. O(entries dim).
 */
export function propagatePlain(
  { rows, offsets, indices, weights }: SparseMatrix,
  dim: number,
  x: Float32Array,
  out: Float32Array,
  lowest: number,
): void {
  for (let r = 0; r < rows; r++) {
    const target = r * dim;
    for (let e = offsets[r]; e < offsets[r + 1]; e++) {
      const weight = weights[e];
      const source = indices[e] * dim;
      for (let c = 0; c < dim; c++) out[target + c] += weight * x[source + c];
    }
    for (let c = target; c < target + dim; c++) if (out[c] < lowest) out[c] = lowest;
  }
}

/** rows[r] += u + scales[r] v for r = first .. last of (rows x u.length), row-major. The twin of the wasm kernel. */
export function addScaledPlain(
  first: number,
  last: number,
  rows: Float32Array,
  u: Float32Array,
  v: Float32Array,
  scales: Float32Array,
): void {
  const dim = u.length;
  for (let r = first; r < last; r++) {
    for (let c = 0; c < dim; c++) rows[r * dim + c] += u[c] + scales[r] * v[c];
  }
}
