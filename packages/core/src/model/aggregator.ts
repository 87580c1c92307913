import type { Features } from '../data/features.js';
import { allocateMemory, Arena, instantiate, kernelKind, type KernelMemory } from '../compute/kernels/memory.js';
import type { SparseMatrix } from '../compute/kernels/sparse-matrix.js';
import type { PropagateKernel } from '../compute/kernels/spmm.js';
import { addScaledPlain, propagatePlain } from '../compute/kernels/propagate-plain.js';
import { propagateSharedWasm } from '../compute/kernels/propagate-shared.wasm.js';
import { propagateWasm } from '../compute/kernels/propagate.wasm.js';
import { PropagationCrew } from '../compute/kernels/propagation-crew.js';
import { copyColumns, rowSumsOf, type RowSource } from './graph-batch.js';
import { eachStretch, type OwnRows } from './own-rows.js';
import { neighboursTogether } from './row-order.js';

interface Kernels {
  readonly propagate: PropagateKernel;
  addScaled(first: number, last: number, dim: number, rows: number, u: number, v: number, scales: number): void;
}

/** What one stretch of matrix rows may take, and what the stripe of x beside it may. */
const matrixBytes = 2 ** 30;
const stripeBytes = 2 ** 28;
/** The kernel is fastest on whole groups of this many columns. */
const columnGroup = 32;
/** Rows of more bytes than this are not expected in the caches: those that share neighbours are then taken together. */
const cachedBytes = 2 ** 22;

/** A range of the columns of a source. */
export interface ColumnRange {
  readonly first: number;
  readonly count: number;
}

/** What is done with A x where it isn't all that is wanted. */
export interface Sum {
  /** Of as many columns as the result. */
  readonly own: OwnRows;
  /** Only the positive part of the sum is kept. */
  readonly relu: boolean;
}

/**
 * A x for matrices and rows of any size: long matrices are taken in stretches of rows, wide x in stripes of columns, so that
 * both fit the memory of the kernel. That memory is kept from call to call and grows as needed. O(entries x columns).
 */
export class Aggregator {
  private memory: KernelMemory | undefined;
  private kernels: Kernels | undefined;
  private held = 0;
  private readonly crew: PropagationCrew | undefined;

  /** With several `threads`, dispose of it after use. */
  constructor(
    threads = 1,
    private readonly matrixBudget = matrixBytes,
    private readonly stripeBudget = stripeBytes,
  ) {
    this.crew = threads > 1 && kernelKind === 'wasm' ? new PropagationCrew(threads) : undefined;
  }

  async dispose(): Promise<void> {
    await this.crew?.dismiss();
  }

  /** Writes A x (rows x columns.count) to `out`, for x the given columns of `source`; or what `sum` makes of it. */
  multiply(matrix: SparseMatrix, source: RowSource, columns: ColumnRange, out: Features, sum?: Sum): void {
    const { rows } = matrix;
    if (source.n !== matrix.columns || out.n !== rows || out.dim !== columns.count)
      throw new RangeError(`aggregate: ${rows} x ${matrix.columns}, ${source.n} x ${columns.count} to ${out.n}`);
    const width = this.stripeWidth(matrix.columns, columns.count);
    const isCached = 4 * width * matrix.columns <= cachedBytes;
    for (let first = 0; first < rows;) {
      const stretch = stretchOf(matrix, first, this.stretchEnd(matrix, first));
      const last = first + stretch.rows;
      const order = isCached ? Int32Array.from(stretch.offsets.keys()) : neighboursTogether(stretch, first);
      for (let c = 0; c < columns.count; c += width) {
        const stripe = { first: columns.first + c, count: Math.min(width, columns.count - c) };
        const product = this.product(stretch, order, source, stripe, first, c, sum);
        setColumns(out, first, last, c, stripe.count, product);
      }
      first = last;
    }
  }

  /** (stretch rows) x stripe.count, valid until the next call; `firstRow` and `firstColumn` are those of the result. */
  private product(
    stretch: SparseMatrix,
    order: Int32Array,
    source: RowSource,
    stripe: ColumnRange,
    firstRow: number,
    firstColumn: number,
    sum: Sum | undefined,
  ): Float32Array {
    const { rows, columns } = stretch;
    const entries = stretch.offsets[rows];
    const dim = stripe.count;
    const arena = new Arena();
    const at = {
      order: arena.take(4 * rows),
      offsets: arena.take(4 * (rows + 1)),
      indices: arena.take(4 * entries),
      weights: arena.take(4 * entries),
      scales: arena.take(4 * rows),
      u: arena.take(4 * dim),
      v: arena.take(4 * dim),
      x: arena.take(4 * columns * dim),
      out: arena.take(4 * rows * dim),
    };
    const memory = this.prepare(arena.bytes);
    const { buffer } = memory;
    const offsets = new Int32Array(buffer, at.offsets, rows + 1);
    const indices = new Int32Array(buffer, at.indices, entries);
    const weights = new Float32Array(buffer, at.weights, entries);
    const x = new Float32Array(buffer, at.x, columns * dim);
    const out = new Float32Array(buffer, at.out, rows * dim);
    new Int32Array(buffer, at.order, rows).set(order.subarray(0, rows));
    offsets.set(stretch.offsets);
    indices.set(stretch.indices);
    weights.set(stretch.weights);
    copyColumns(source, 0, source.n, stripe.first, dim, x);
    const matrix = { rows, columns, offsets, indices, weights };
    if (sum === undefined) out.fill(0);
    else sum.own.copyColumns(firstRow, firstRow + rows, firstColumn, dim, out);
    if (sum?.own.stretches !== undefined) {
      const [u, v] = [new Float32Array(buffer, at.u, dim), new Float32Array(buffer, at.v, dim)];
      const scales = new Float32Array(buffer, at.scales, rows);
      scales.set(rowSumsOf(matrix));
      eachStretch(sum.own.stretches, firstRow, firstRow + rows, (stretchAt, first, last) => {
        sum.own.stretches!.read(stretchAt, firstColumn, u, v);
        if (this.kernels === undefined) addScaledPlain(first, last, out, u, v, scales);
        else this.kernels.addScaled(first, last, dim, at.out, at.u, at.v, at.scales);
      });
    }
    const lowest = sum?.relu === true ? 0 : -Infinity;
    if (this.kernels === undefined) propagatePlain(matrix, dim, x, out, lowest);
    else {
      const given = [rows, dim, at.order, at.offsets, at.indices, at.weights, at.x, at.out, lowest] as const;
      if (this.crew === undefined) this.kernels.propagate(...given);
      else this.crew.do(memory, this.kernels.propagate, entries, ...given);
    }
    return out;
  }

  private stripeWidth(rows: number, columns: number): number {
    const fitting = Math.floor(this.stripeBudget / (4 * Math.max(1, rows)));
    if (fitting >= columns) return columns;
    return Math.min(columns, Math.max(columnGroup, fitting - (fitting % columnGroup)));
  }

  /** As many rows as the budget holds, at least one. */
  private stretchEnd({ rows, offsets }: SparseMatrix, first: number): number {
    let last = first + 1;
    while (last < rows && 8 * (offsets[last + 1] - offsets[first]) <= this.matrixBudget) last++;
    return last;
  }

  private prepare(bytes: number): KernelMemory {
    if (this.memory !== undefined && this.held >= bytes) return this.memory;
    // growing by half spares a memory for each batch that is a little larger than the last
    const wanted = Math.min(Math.max(bytes, Math.ceil(this.held * 1.5)), Math.max(bytes, 2 ** 31));
    this.memory = undefined;
    const shared = this.crew !== undefined;
    this.memory = allocateMemory(kernelKind, wanted, shared);
    this.held = wanted;
    const module = shared ? propagateSharedWasm : propagateWasm;
    this.kernels = kernelKind === 'wasm' ? instantiate<Kernels>(module, this.memory) : undefined;
    return this.memory;
  }
}

/** Rows first .. last of a matrix; the entries are shared, not copied. */
function stretchOf({ columns, offsets, indices, weights }: SparseMatrix, first: number, last: number): SparseMatrix {
  const [start, end] = [offsets[first], offsets[last]];
  return {
    rows: last - first,
    columns,
    offsets: offsets.slice(first, last + 1).map((offset) => offset - start),
    indices: indices.subarray(start, end),
    weights: weights.subarray(start, end),
  };
}

function setColumns(
  target: Features,
  firstRow: number,
  lastRow: number,
  firstColumn: number,
  count: number,
  values: Float32Array,
): void {
  for (let r = firstRow; r < lastRow;) {
    const block = Math.floor(r / target.rowsPerBlock);
    const end = Math.min(lastRow, (block + 1) * target.rowsPerBlock);
    const to = target.blocks[block];
    if (count === target.dim) {
      to.set(
        values.subarray((r - firstRow) * count, (end - firstRow) * count),
        (r - block * target.rowsPerBlock) * count,
      );
      r = end;
      continue;
    }
    for (; r < end; r++) {
      const at = (r - block * target.rowsPerBlock) * target.dim + firstColumn;
      const from = (r - firstRow) * count;
      for (let c = 0; c < count; c++) to[at + c] = values[from + c];
    }
  }
}
