import { addressableBytes, allocateMemory, Arena, instantiate, kernelKind, type KernelMemory } from './memory.js';
import { propagateWasm } from './propagate.wasm.js';
import type { SparseMatrix } from './sparse-matrix.js';
import { spmmPlain } from './spmm-plain.js';

/** out = max(out + A x, lowest): see `assembly/propagate.ts`. */
export type PropagateKernel = (
  count: number,
  dim: number,
  order: number,
  offsets: number,
  indices: number,
  weights: number,
  x: number,
  out: number,
  lowest: number,
) => void;

/** Columns of x that are multiplied together where not all fit the memory. */
const sliceColumns = 32;

/**
 * Multiplies one sparse matrix with many dense ones: 15 times as fast as plain TypeScript. The matrix is copied once; of x
 * and the result, a stripe of columns is held at a time (all of them, where that stays under `budget` bytes).
 */
export class Spmm {
  private readonly matrix: SparseMatrix;
  private readonly budget: number;
  private memory: KernelMemory | undefined;
  private kernel: PropagateKernel | undefined;
  private held = 0;

  constructor(matrix: SparseMatrix, budget = 2 ** 30) {
    if (matrix.offsets.length !== matrix.rows + 1) throw new RangeError('sparse matrix: offsets do not fit its rows');
    if (matrix.offsets[matrix.rows] > matrix.indices.length)
      throw new RangeError('sparse matrix: offsets pass its entries');
    if (matrix.indices.length !== matrix.weights.length) throw new RangeError('sparse matrix: indices without weights');
    this.matrix = matrix;
    this.budget = budget;
  }

  /** A x: x is (columns x dim), the result (rows x dim), both row-major; written to `out` where given. */
  multiply(x: Float32Array, dim: number, out = new Float32Array(this.matrix.rows * dim)): Float32Array {
    const { rows, columns } = this.matrix;
    if (x.length < columns * dim) throw new RangeError(`spmm: ${x.length} values for ${columns} x ${dim}`);
    if (out.length < rows * dim) throw new RangeError(`spmm: room for ${out.length} values of ${rows} x ${dim}`);
    if (rows === 0 || dim === 0) return out;
    const perColumn = 4 * (rows + columns);
    const width = perColumn * dim <= this.budget ? dim : Math.min(dim, this.sliceWidth(perColumn));
    const layout = this.layout(width);
    if (layout.bytes > addressableBytes || kernelKind === 'plain') return spmmPlain(this.matrix, x, dim, out);
    const { buffer } = this.prepare(layout);
    for (let first = 0; first < dim; first += width) {
      const count = Math.min(width, dim - first);
      copyColumns(x, dim, first, new Float32Array(buffer, layout.x, columns * count), count, 0, columns, count);
      const product = new Float32Array(buffer, layout.out, rows * count).fill(0);
      const { order, offsets, indices, weights } = layout;
      this.kernel!(rows, count, order, offsets, indices, weights, layout.x, layout.out, -Infinity);
      copyColumns(product, count, 0, out, dim, first, rows, count);
    }
    return out;
  }

  private sliceWidth(perColumn: number): number {
    return Math.max(1, Math.floor(this.budget / perColumn / sliceColumns)) * sliceColumns;
  }

  private layout(width: number) {
    const { rows, columns, offsets, indices } = this.matrix;
    const arena = new Arena();
    return {
      order: arena.take(4 * rows),
      offsets: arena.take(4 * offsets.length),
      indices: arena.take(4 * indices.length),
      weights: arena.take(4 * indices.length),
      x: arena.take(4 * columns * width),
      out: arena.take(4 * rows * width),
      bytes: arena.bytes,
    };
  }

  /** The memory with the matrix in it; made anew where a wider product needs more. */
  private prepare(layout: ReturnType<Spmm['layout']>): KernelMemory {
    if (this.memory !== undefined && this.held >= layout.bytes) return this.memory;
    const memory = allocateMemory('wasm', layout.bytes, false);
    const order = new Int32Array(memory.buffer, layout.order, this.matrix.rows);
    for (let r = 0; r < order.length; r++) order[r] = r;
    new Int32Array(memory.buffer, layout.offsets).set(this.matrix.offsets);
    new Int32Array(memory.buffer, layout.indices).set(this.matrix.indices);
    new Float32Array(memory.buffer, layout.weights).set(this.matrix.weights);
    this.kernel = instantiate<{ propagate: PropagateKernel }>(propagateWasm, memory).propagate;
    this.held = layout.bytes;
    return (this.memory = memory);
  }
}

/** Copies `count` columns of `rows` rows from one row-major matrix to another. */
function copyColumns(
  from: Float32Array,
  fromDim: number,
  fromFirst: number,
  to: Float32Array,
  toDim: number,
  toFirst: number,
  rows: number,
  count: number,
): void {
  if (fromDim === count && toDim === count) {
    to.set(from.subarray(0, rows * count));
    return;
  }
  for (let r = 0; r < rows; r++) {
    const source = r * fromDim + fromFirst;
    const target = r * toDim + toFirst;
    for (let c = 0; c < count; c++) to[target + c] = from[source + c]!;
  }
}
