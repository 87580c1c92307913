import type { SparseMatrix } from './spmm.js';

/**
 * A x for a sparse A (rows x columns) and a dense x (columns x dim), row-major. Plain TypeScript: the twin that the wasm
 * kernel is held against, and its stand-in where there is no WebAssembly. O(entries * dim).
 */
export function spmmPlain(matrix: SparseMatrix, x: Float32Array, dim: number, out: Float32Array): Float32Array {
  const { rows, offsets, indices, weights } = matrix;
  out.fill(0, 0, rows * dim);
  for (let r = 0; r < rows; r++) {
    const target = r * dim;
    for (let e = offsets[r]; e < offsets[r + 1]; e++) {
      const weight = weights[e];
      const source = indices[e] * dim;
      for (let c = 0; c < dim; c++) out[target + c] += weight * x[source + c];
    }
  }
  return out;
}
