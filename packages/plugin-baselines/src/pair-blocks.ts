import { setImmediate } from 'node:timers/promises';
import type { Features, Services } from '@l2c/core';

/** Inner products of the instances firstRow .. and firstColumn .. of a block. */
export interface PairBlock {
  readonly firstRow: number;
  readonly rows: number;
  readonly firstColumn: number;
  readonly columns: number;
  /** (rows x columns) float32, overwritten by the next block. */
  readonly products: Float32Array;
}

export type PairServices = Pick<Services, 'compute' | 'progress' | 'signal'>;

/** Sizes that keep the engine busy and the products (2 MiB) near the cache until they are looked at. */
const blockRows = 512;
const blockColumns = 1024;

/**
 * Visits the inner products of all pairs i < j, block by block: rows ascend, and within a band of rows columns do, from
 * the band's own first row on. A block on the diagonal also holds pairs i >= j, which a visitor skips:
 * `for (let c = Math.max(0, firstRow + r + 1 - firstColumn); c < columns; c++)`.
 * O(n² dim / 2) time, 4 MiB for dim 256; never n x n.
 *
 * @throws what aborts `signal`
 */
export async function eachPairBlock(
  features: Features,
  services: PairServices,
  visit: (block: PairBlock) => void,
): Promise<void> {
  const { n, dim } = features;
  const { compute, progress, signal } = services;
  const rowValues = new Float32Array(Math.min(n, blockRows) * dim);
  const columnValues = new Float32Array(Math.min(n, blockColumns) * dim);
  const products = new Float32Array(Math.min(n, blockRows) * Math.min(n, blockColumns));
  const pairs = n * n;
  for (let firstRow = 0; firstRow < n; firstRow += blockRows) {
    await setImmediate(); // signals get their turn
    signal.throwIfAborted();
    progress.update(pairs - (n - firstRow) ** 2, pairs, 'pairs');
    const rows = Math.min(blockRows, n - firstRow);
    features.copyRows(firstRow, firstRow + rows, rowValues);
    for (let firstColumn = firstRow; firstColumn < n; firstColumn += blockColumns) {
      const columns = Math.min(blockColumns, n - firstColumn);
      features.copyRows(firstColumn, firstColumn + columns, columnValues);
      await compute.gemmTransposed(rowValues, rows, columnValues, columns, dim, products);
      visit({ firstRow, rows, firstColumn, columns, products });
    }
  }
  progress.update(pairs, pairs, 'pairs');
}
