import type { Features } from '../data/features.js';
import type { OwnRows } from './own-rows.js';
import type { RowSource } from './graph-batch.js';

/** Which rows of a table the graphs of a batch are made of. */
export interface Gathering {
  /** (rows) int32 rows of the table. */
  readonly members: Int32Array;
  /** (rows) int32 rows of the table to be subtracted; none without. */
  readonly pivots?: Int32Array | undefined;
}

/** Row r is row members[r] of the table less row pivots[r] plus `offset`, made as it is read. */
export function gatherRows(table: Features, gathering: Gathering, offset: Float32Array | undefined): GatheredRows {
  return new GatheredRows(table, gathering, offset);
}

/** See {@link gatherRows}. One reader at a time. */
export class GatheredRows implements RowSource {
  readonly n: number;
  readonly dim: number;
  private readonly offset: Float32Array;
  /** `offset` less the row of the current pivot: worked out once for its rows, which follow each other. */
  private readonly constant: Float32Array;
  private readonly isPlain: boolean;
  private pivot = -1;

  constructor(
    readonly table: Features,
    readonly gathering: Gathering,
    offset: Float32Array | undefined,
  ) {
    const { members, pivots } = gathering;
    if (pivots !== undefined && pivots.length !== members.length) throw new RangeError('a pivot for each member');
    this.n = members.length;
    this.dim = table.dim;
    this.offset = offset ?? new Float32Array(table.dim);
    this.constant = this.offset.slice();
    this.isPlain = pivots === undefined && this.offset.every((value) => value === 0);
  }

  copyRows(start: number, end: number, target: Float32Array): void {
    this.copyColumns(start, end, 0, this.dim, target);
  }

  copyColumns(start: number, end: number, first: number, count: number, target: Float32Array): void {
    this.copyMembers(start, end, first, count, target);
    if (this.isPlain) return;
    const { constant } = this;
    for (let r = start; r < end; r++) {
      this.turnTo(r);
      const to = (r - start) * count;
      for (let c = 0; c < count; c++) target[to + c] += constant[first + c];
    }
  }

  /** The columns of the members alone, without pivot and offset: whole stretches of memory, so fast. */
  copyMembers(start: number, end: number, first: number, count: number, target: Float32Array): void {
    const { blocks, rowsPerBlock, dim } = this.table;
    const { members } = this.gathering;
    for (let r = start; r < end; r++) {
      const from = (members[r] % rowsPerBlock) * dim + first;
      target.set(blocks[Math.floor(members[r] / rowsPerBlock)].subarray(from, from + count), (r - start) * count);
    }
  }

  /** Some of the rows, in this order. */
  some(rows: Int32Array): GatheredRows {
    const { members, pivots } = this.gathering;
    const gathering = { members: rows.map((row) => members[row]), pivots: pivots && rows.map((row) => pivots[row]) };
    return new GatheredRows(this.table, gathering, this.offset);
  }

  /**
   * u of its rows [u, v], and what is missing to u + A v when A m is added to that, for m the columns of the members that v is
   * made of: v is m less what is the same for all rows of a graph, so A v is A m plus that, times the sum of the row of A.
   */
  ownHalves(): OwnRows {
    const half = this.dim / 2;
    const { members, pivots } = this.gathering;
    const bounds = pivots === undefined ? Int32Array.of(0, members.length) : boundsOfRuns(pivots);
    return {
      copyColumns: (start, end, first, count, target) => this.copyMembers(start, end, first, count, target),
      stretches: this.isPlain
        ? undefined
        : {
            bounds,
            read: (stretch, first, u, v) => {
              this.turnTo(bounds[stretch]);
              u.set(this.constant.subarray(first, first + u.length));
              v.set(this.constant.subarray(half + first, half + first + v.length));
            },
          },
    };
  }

  private turnTo(r: number): void {
    const { pivots } = this.gathering;
    if (pivots === undefined || pivots[r] === this.pivot) return;
    this.pivot = pivots[r];
    const { constant, offset } = this;
    const row = this.table.row(this.pivot);
    for (let c = 0; c < constant.length; c++) constant[c] = offset[c] - row[c];
  }
}

/** Where runs of the same value begin, and where the last one ends. */
function boundsOfRuns(values: Int32Array): Int32Array {
  const bounds: number[] = [];
  for (let i = 0; i < values.length; i++) if (i === 0 || values[i] !== values[i - 1]) bounds.push(i);
  return Int32Array.from([...bounds, values.length]);
}
