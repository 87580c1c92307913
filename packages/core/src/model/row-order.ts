import type { SparseMatrix } from '../compute/kernels/sparse-matrix.js';

/**
 * (rows) int32: the rows of a stretch of a matrix, each followed by those of its neighbours that were not listed yet. Rows
 * that read the same rows of x are close to each other then, and find them in the cache. Column first + r stands for row r;
 * columns outside of the stretch are passed over. O(entries).
 */
export function neighboursTogether({ rows, offsets, indices }: SparseMatrix, first: number): Int32Array {
  const order = new Int32Array(rows);
  const isListed = new Uint8Array(rows);
  let listed = 0;
  for (let r = 0; r < rows; r++) {
    if (isListed[r] === 1) continue;
    isListed[r] = 1;
    order[listed++] = r;
    for (let e = offsets[r]; e < offsets[r + 1]; e++) {
      const other = indices[e] - first;
      if (other < 0 || other >= rows || isListed[other] === 1) continue;
      isListed[other] = 1;
      order[listed++] = other;
    }
  }
  return order;
}
