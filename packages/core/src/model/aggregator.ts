import type { Features } from '../data/features.js';
import { allocateMemory, Arena, instantiate, kernelKind, type KernelMemory } from '../compute/kernels/memory.js';
import type { SparseMatrix } from '../compute/kernels/spmm.js';
import { spmmPlain } from '../compute/kernels/spmm-plain.js';
import { spmmWasm } from '../compute/kernels/spmm.wasm.js';
import { copyColumns, type RowSource } from './graph-batch.js';

type Kernel = (
  first: number,
  last: number,
  dim: number,
  offsets: number,
  indices: number,
  weights: number,
  x: number,
  out: number,
) => void;

/** What one stretch of matrix rows may take, and what the stripe of x beside it may. */
const matrixBytes = 2 ** 30;
const stripeBytes = 2 ** 28;
/** The kernel is fastest on whole groups of this many columns. */
const columnGroup = 32;
/** A range of the columns of a source. */
export interface ColumnRange {
  readonly first: number;
  readonly count: number;
}

/**
 * A x for matrices and rows of any size: long matrices are taken in stretches of rows, wide x in stripes of columns, so that
 * both fit the memory of the kernel. That memory is kept from call to call and grows as needed. O(entries x columns).
 */
export class Aggregator {
  private memory: KernelMemory | undefined;
  private kernel: Kernel | undefined;
  private held = 0;

  constructor(
    private readonly matrixBudget = matrixBytes,
    private readonly stripeBudget = stripeBytes,
  ) {}

  /** Writes A x (rows x columns.count) to `out`, for x the given columns of `source`. */
  multiply(matrix: SparseMatrix, source: RowSource, columns: ColumnRange, out: Features): void {
    const { rows } = matrix;
    if (source.n !== matrix.columns || out.n !== rows || out.dim !== columns.count)
      throw new RangeError(`aggregate: ${rows} x ${matrix.columns}, ${source.n} x ${columns.count} to ${out.n}`);
    const width = this.stripeWidth(matrix.columns, columns.count);
    for (let first = 0; first < rows;) {
      const last = this.stretchEnd(matrix, first);
      for (let c = 0; c < columns.count; c += width) {
        const stripe = { first: columns.first + c, count: Math.min(width, columns.count - c) };
        const product = this.product(matrix, first, last, source, stripe);
        setColumns(out, first, last, c, stripe.count, product);
      }
      first = last;
    }
  }

  /** (last - first) x stripe.count, valid until the next call. */
  private product(
    matrix: SparseMatrix,
    first: number,
    last: number,
    source: RowSource,
    stripe: ColumnRange,
  ): Float32Array {
    const start = matrix.offsets[first];
    const end = matrix.offsets[last];
    const arena = new Arena();
    const at = {
      offsets: arena.take(4 * (last - first + 1)),
      indices: arena.take(4 * (end - start)),
      weights: arena.take(4 * (end - start)),
      x: arena.take(4 * matrix.columns * stripe.count),
      out: arena.take(4 * (last - first) * stripe.count),
    };
    const { buffer } = this.prepare(arena.bytes);
    const offsets = new Int32Array(buffer, at.offsets, last - first + 1);
    for (let r = first; r <= last; r++) offsets[r - first] = matrix.offsets[r] - start;
    const indices = new Int32Array(buffer, at.indices, end - start);
    const weights = new Float32Array(buffer, at.weights, end - start);
    const x = new Float32Array(buffer, at.x, matrix.columns * stripe.count);
    const out = new Float32Array(buffer, at.out, (last - first) * stripe.count);
    indices.set(matrix.indices.subarray(start, end));
    weights.set(matrix.weights.subarray(start, end));
    copyColumns(source, 0, source.n, stripe.first, stripe.count, x);
    if (this.kernel === undefined) {
      spmmPlain({ rows: last - first, columns: matrix.columns, offsets, indices, weights }, x, stripe.count, out);
    } else {
      this.kernel(0, last - first, stripe.count, at.offsets, at.indices, at.weights, at.x, at.out);
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
    this.memory = allocateMemory(kernelKind, wanted, false);
    this.held = wanted;
    this.kernel = kernelKind === 'wasm' ? instantiate<{ spmm: Kernel }>(spmmWasm, this.memory).spmm : undefined;
    return this.memory;
  }
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
