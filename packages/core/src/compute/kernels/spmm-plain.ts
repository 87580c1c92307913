import { propagatePlain } from './propagate-plain.js';
import type { SparseMatrix } from './sparse-matrix.js';

/**
 * A x for a sparse A (rows x columns) and a dense x (columns x dim), row-major. Plain TypeScript: the twin that the wasm
 * kernel is held against, and its stand-in where there is no WebAssembly. O(entries * dim).
 */
export function spmmPlain(matrix: SparseMatrix, x: Float32Array, dim: number, out: Float32Array): Float32Array {
  out.fill(0, 0, matrix.rows * dim);
  propagatePlain(matrix, dim, x, out, -Infinity);
  return out;
}
