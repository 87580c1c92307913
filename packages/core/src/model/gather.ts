import type { Features } from '../data/features.js';
import type { RowSource } from './graph-batch.js';

/** Which rows of a table the graphs of a batch are made of. */
export interface Gathering {
  /** (rows) int32 rows of the table. */
  readonly members: Int32Array;
  /** (rows) int32 rows of the table to be subtracted; none without. */
  readonly pivots?: Int32Array | undefined;
}

/** Row r is row members[r] of the table less row pivots[r] plus `offset`, made as it is read. */
export function gatherRows(
  table: Features,
  { members, pivots }: Gathering,
  offset: Float32Array | undefined,
): RowSource {
  const { dim, blocks, rowsPerBlock } = table;
  if (pivots !== undefined && pivots.length !== members.length) throw new RangeError('a pivot for each member');
  const added = offset ?? new Float32Array(dim);
  // what a pivot takes off is worked out once for all of its rows, which follow each other
  const constant = added.slice();
  let pivot = -1;
  const turnTo = (r: number): void => {
    if (pivots === undefined || pivots[r] === pivot) return;
    pivot = pivots[r];
    const block = blocks[Math.floor(pivot / rowsPerBlock)];
    const from = (pivot % rowsPerBlock) * dim;
    for (let c = 0; c < dim; c++) constant[c] = added[c] - block[from + c];
  };
  const copyColumns = (start: number, end: number, first: number, count: number, target: Float32Array): void => {
    for (let r = start; r < end; r++) {
      turnTo(r);
      const to = (r - start) * count;
      const block = blocks[Math.floor(members[r] / rowsPerBlock)];
      const from = (members[r] % rowsPerBlock) * dim + first;
      for (let c = 0; c < count; c++) target[to + c] = block[from + c] + constant[first + c];
    }
  };
  const addColumns = (start: number, end: number, count: number, target: Float32Array, relu: boolean): void => {
    const lowest = relu ? 0 : -Infinity;
    for (let r = start; r < end; r++) {
      turnTo(r);
      const to = (r - start) * count;
      const block = blocks[Math.floor(members[r] / rowsPerBlock)];
      const from = (members[r] % rowsPerBlock) * dim;
      for (let c = 0; c < count; c++) {
        const sum = target[to + c] + block[from + c] + constant[c];
        target[to + c] = sum < lowest ? lowest : sum;
      }
    }
  };
  return {
    n: members.length,
    dim,
    copyRows: (start, end, target) => copyColumns(start, end, 0, dim, target),
    copyColumns,
    addColumns,
  };
}
