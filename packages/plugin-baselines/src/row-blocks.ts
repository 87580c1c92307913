import type { Features } from '@l2c/core';

/** Floats of the largest block of products that is held at a time: 4 MiB, so that a scan finds them in the cache. */
const blockProducts = 2 ** 20;

/** Rows whose products with `columns` others make a block: between 16 and 4096. */
export function blockRows(columns: number): number {
  return Math.max(16, Math.min(4096, Math.floor(blockProducts / Math.max(1, columns))));
}

/** Copies the rows that `ids` lists from `first` on, `count` of them, to the front of `target`, row-major. */
export function gatherRows(
  features: Features,
  ids: ArrayLike<number>,
  first: number,
  count: number,
  target: Float32Array,
): void {
  const { dim, blocks, rowsPerBlock } = features;
  const shift = Math.log2(rowsPerBlock);
  for (let r = 0; r < count; r++) {
    const i = ids[first + r];
    const block = blocks[i >>> shift];
    const from = (i & (rowsPerBlock - 1)) * dim;
    const to = r * dim;
    for (let c = 0; c < dim; c++) target[to + c] = block[from + c];
  }
}

/** (n) squared lengths of the rows, summed in double precision. */
export function squaredLengths(features: Features): Float64Array {
  const { n, dim, blocks } = features;
  const result = new Float64Array(n);
  let i = 0;
  for (const block of blocks) {
    for (let at = 0; at < block.length; i++) {
      let sum = 0;
      for (const end = at + dim; at < end; at++) sum += block[at] * block[at];
      result[i] = sum;
    }
  }
  return result;
}
