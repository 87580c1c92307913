import { Features } from '../data/features.js';
import type { SparseMatrix } from '../compute/kernels/sparse-matrix.js';
import type { Adjacency } from '../graph/adjacency.js';

/** Rows that can be copied out a range at a time, such as {@link Features}: no single array need hold them all. */
export interface RowSource {
  readonly n: number;
  readonly dim: number;
  /** Copies rows start .. end (exclusive) to the front of `target`, row-major. */
  copyRows(start: number, end: number, target: Float32Array): void;
  /** The same for columns first .. first + count alone, where a source can do that without looking at the others. */
  copyColumns?(start: number, end: number, first: number, count: number, target: Float32Array): void;
}

/** Rows that are copied at a time where only some of their columns are wanted. */
const copiedRows = 1024;

/**
 * Copies columns first .. first + count of rows start .. end (exclusive) to a row-major array of `stride` columns, from its
 * column `at` on.
 */
export function copyColumns(
  source: RowSource,
  start: number,
  end: number,
  first: number,
  count: number,
  target: Float32Array,
  stride = count,
  at = 0,
): void {
  if (stride === count && count === source.dim) return source.copyRows(start, end, target);
  if (stride === count && source.copyColumns !== undefined) return source.copyColumns(start, end, first, count, target);
  if (source instanceof Features) {
    const { blocks, rowsPerBlock, dim } = source;
    for (let r = start; r < end; r++) {
      const from = (r % rowsPerBlock) * dim + first;
      target.set(blocks[Math.floor(r / rowsPerBlock)].subarray(from, from + count), (r - start) * stride + at);
    }
    return;
  }
  const { dim } = source;
  const some = new Float32Array(Math.min(copiedRows, end - start) * dim);
  for (let row = start; row < end; row += copiedRows) {
    const last = Math.min(end, row + copiedRows);
    source.copyRows(row, last, some);
    for (let r = row; r < last; r++) {
      const from = (r - row) * dim + first;
      target.set(some.subarray(from, from + count), (r - start) * stride + at);
    }
  }
}

/** One or several graphs, whose nodes are the rows of the input one after the other. */
export interface GraphBatch {
  /**
   * (rows x rows) what graph convolutions propagate over: normalised as the model wants it. In training, a model of one convolution
   * takes fewer rows than columns too: the input's first rows go on from there, the others are only propagated from.
   */
  readonly adjacency?: SparseMatrix | undefined;
  /** (graphs + 1) the rows of graph g are graphs[g] .. graphs[g + 1]: what `pool` reduces. All rows are one graph without. */
  readonly graphs?: Int32Array | undefined;
  /** The rows that `select` keeps, in this order. */
  readonly selected?: Int32Array | undefined;
  /** Training: rows of zeros that a batch norm before all other layers counts besides the input, as if it were padded. */
  readonly zeroRows?: number | undefined;
}

/** A row-major array as rows; shared, not copied. */
export function rowsOf(values: Float32Array, dim: number): Features {
  const n = values.length / dim;
  if (!Number.isInteger(n)) throw new RangeError(`${values.length} values are no whole rows of ${dim}`);
  return n === 0 ? new Features(0, dim, [], 1) : new Features(n, dim, [values], 2 ** Math.ceil(Math.log2(n)));
}

/** A graph's adjacency as the float32 matrix of a batch. Arrays that fit are shared, not copied. */
export function toSparseMatrix({ n, offsets, targets, weights }: Adjacency): SparseMatrix {
  const values = weights instanceof Float32Array ? weights : Float32Array.from(weights);
  return { rows: n, columns: n, offsets, indices: targets, weights: values };
}

/** (rows) the sum of each row. */
export function rowSumsOf({ rows, offsets, weights }: SparseMatrix): Float32Array {
  const sums = new Float32Array(rows);
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let e = offsets[r]; e < offsets[r + 1]; e++) sum += weights[e];
    sums[r] = sum;
  }
  return sums;
}

/** Aᵀ. Rows of the result ascend. O(rows + entries). */
export function transposeMatrix(matrix: SparseMatrix): SparseMatrix {
  const { rows, columns, offsets, indices, weights } = matrix;
  const turned = new Int32Array(columns + 1);
  for (let e = 0; e < offsets[rows]; e++) turned[indices[e] + 1]++;
  for (let c = 0; c < columns; c++) turned[c + 1] += turned[c];
  const cursor = turned.slice(0, columns);
  const sources = new Int32Array(offsets[rows]);
  const values = new Float32Array(offsets[rows]);
  for (let r = 0; r < rows; r++) {
    for (let e = offsets[r]; e < offsets[r + 1]; e++) {
      const at = cursor[indices[e]]++;
      sources[at] = r;
      values[at] = weights[e];
    }
  }
  return { rows: columns, columns: rows, offsets: turned, indices: sources, weights: values };
}

/** Largest size of a single array, in bytes. */
const maxBlockBytes = 2 ** 30;

/** Zero-filled rows on private memory, which compute engines write to without a copy. */
export function privateRows(n: number, dim: number): Features {
  const rowsPerBlock = 2 ** Math.max(0, Math.floor(Math.log2(maxBlockBytes / (4 * dim))));
  const blocks: Float32Array[] = [];
  for (let start = 0; start < n; start += rowsPerBlock) {
    blocks.push(new Float32Array(Math.min(rowsPerBlock, n - start) * dim));
  }
  return new Features(n, dim, blocks, rowsPerBlock);
}

/** Copies `count` rows from the front of a row-major array to rows start .. start + count. */
export function writeRows(target: Features, start: number, count: number, values: Float32Array): void {
  const { dim, blocks, rowsPerBlock } = target;
  for (let done = 0; done < count;) {
    const row = start + done;
    const first = row % rowsPerBlock;
    const rows = Math.min(count - done, rowsPerBlock - first);
    blocks[Math.floor(row / rowsPerBlock)].set(values.subarray(done * dim, (done + rows) * dim), first * dim);
    done += rows;
  }
}
