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
  return {
    n: members.length,
    dim,
    copyRows(start, end, target) {
      for (let r = start; r < end; r++) {
        const to = (r - start) * dim;
        const block = blocks[Math.floor(members[r] / rowsPerBlock)];
        const from = (members[r] % rowsPerBlock) * dim;
        if (pivots === undefined) {
          for (let c = 0; c < dim; c++) target[to + c] = block[from + c];
        } else {
          const other = blocks[Math.floor(pivots[r] / rowsPerBlock)];
          const less = (pivots[r] % rowsPerBlock) * dim;
          for (let c = 0; c < dim; c++) target[to + c] = block[from + c] - other[less + c];
        }
        if (offset !== undefined) for (let c = 0; c < dim; c++) target[to + c] += offset[c];
      }
    },
  };
}
