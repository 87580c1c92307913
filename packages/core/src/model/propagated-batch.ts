import type { Tensor2D } from '@tensorflow/tfjs';
import type { Tfjs } from '../compute/tfjs.js';
import type { SparseMatrix } from '../compute/kernels/sparse-matrix.js';
import type { Aggregator } from './aggregator.js';
import { privateRows, rowsOf, transposeMatrix, type GraphBatch, type RowSource } from './graph-batch.js';

/**
 * A batch in the form the trainer works with: the input as a tensor, propagated ahead where the first layer does so, and A
 * with its transpose. Kept from epoch to epoch where the batch stays the same; dispose of it after use.
 */
export class PropagatedBatch {
  private transposed: SparseMatrix | undefined;
  private tensor: Tensor2D | undefined;

  constructor(
    readonly graph: GraphBatch,
    private readonly source: RowSource,
    private readonly aggregator: Aggregator,
  ) {}

  /** Rows that a convolution leaves of so many: those of the matrix, the first ones, where it isn't square. */
  rowsOfAdjacency(rows: number): number {
    return this.graph.adjacency?.rows ?? rows;
  }

  /** x, or what a first convolution multiplies: [x, A x] where it concatenates, A x where not. Made once. */
  input(tf: Tfjs, concat: boolean | undefined): Tensor2D {
    if (this.tensor !== undefined) return this.tensor;
    const { n, dim } = this.source;
    const values = new Float32Array(n * dim);
    this.source.copyRows(0, n, values);
    const rows = concat === undefined ? n : this.rowsOfAdjacency(n);
    const wanted =
      concat === undefined
        ? values
        : concat
          ? beside(values.subarray(0, rows * dim), this.propagate(values, dim, false), dim)
          : this.propagate(values, dim, false);
    this.tensor = tf.keep(tf.tensor2d(wanted, [rows, concat === true ? 2 * dim : dim]));
    return this.tensor;
  }

  /** A x or Aᵀ x for x (rows x columns), row-major. */
  propagate(x: Float32Array, columns: number, transposed: boolean): Float32Array {
    const { adjacency } = this.graph;
    if (adjacency === undefined) throw new RangeError('the batch has no adjacency, and a layer needs it');
    const matrix = transposed ? (this.transposed ??= transposeMatrix(adjacency)) : adjacency;
    const out = privateRows(matrix.rows, columns);
    this.aggregator.multiply(matrix, rowsOf(x, columns), { first: 0, count: columns }, out);
    return out.blocks[0] ?? new Float32Array(0);
  }

  dispose(): void {
    this.tensor?.dispose();
    this.tensor = undefined;
  }
}

function beside(a: Float32Array, b: Float32Array, dim: number): Float32Array {
  const result = new Float32Array(2 * a.length);
  for (let at = 0; at < a.length; at += dim) {
    result.set(a.subarray(at, at + dim), 2 * at);
    result.set(b.subarray(at, at + dim), 2 * at + dim);
  }
  return result;
}
