import { sharedFloat32 } from './shared-arrays.js';

/** The largest a single block of rows may grow to, in bytes. */
const maxBlockBytes = 2 ** 30;

/**
 * n x dim float32 embeddings, row-major, in blocks of `rowsPerBlock` rows (a power of two; the last block is shorter),
 * so that no single buffer passes 1 GiB. Blocks lie on SharedArrayBuffers. Treat as immutable once filled.
 */
export class Features {
  readonly n: number;
  readonly dim: number;
  readonly rowsPerBlock: number;
  readonly blocks: readonly Float32Array[];
  private readonly shift: number;

  constructor(n: number, dim: number, blocks: readonly Float32Array[], rowsPerBlock: number) {
    if (dim < 1) throw new RangeError(`features need at least one dimension, got ${dim}`);
    const rows = blocks.reduce((sum, block) => sum + block.length / dim, 0);
    if (rows !== n) throw new RangeError(`${n} rows announced, ${rows} given`);
    this.n = n;
    this.dim = dim;
    this.blocks = blocks;
    this.rowsPerBlock = rowsPerBlock;
    this.shift = Math.log2(rowsPerBlock);
  }

  /** Zero-filled features of the given shape, to be filled row by row through {@link Features.row}. */
  static allocate(n: number, dim: number, blockBytes = maxBlockBytes): Features {
    const rowsPerBlock = 2 ** Math.max(0, Math.floor(Math.log2(blockBytes / (4 * dim))));
    const blocks: Float32Array[] = [];
    for (let start = 0; start < n; start += rowsPerBlock) {
      blocks.push(sharedFloat32(Math.min(rowsPerBlock, n - start) * dim));
    }
    return new Features(n, dim, blocks, rowsPerBlock);
  }

  /** Copies a row-major array of n x dim numbers. */
  static from(values: ArrayLike<number>, dim: number): Features {
    if (values.length % dim !== 0) throw new RangeError(`${values.length} values are no whole rows of ${dim}`);
    const features = Features.allocate(values.length / dim, dim);
    for (let i = 0; i < features.n; i++) {
      const row = features.row(i);
      for (let c = 0; c < dim; c++) row[c] = values[i * dim + c]!;
    }
    return features;
  }

  /** A view of row i: no copy, but one small object. In hot loops use {@link Features.blocks}. */
  row(i: number): Float32Array {
    const block = this.blocks[i >>> this.shift];
    const start = (i & (this.rowsPerBlock - 1)) * this.dim;
    return block.subarray(start, start + this.dim);
  }

  /** Copies rows start..end (exclusive) to the front of `target`, row-major. */
  copyRows(start: number, end: number, target: Float32Array): void {
    let at = 0;
    for (let i = start; i < end;) {
      const block = this.blocks[i >>> this.shift];
      const first = i & (this.rowsPerBlock - 1);
      const count = Math.min(end - i, this.rowsPerBlock - first);
      target.set(block.subarray(first * this.dim, (first + count) * this.dim), at);
      at += count * this.dim;
      i += count;
    }
  }

  /** Inner product of rows i and j, accumulated in double precision: the cosine where rows are normalised. */
  dot(i: number, j: number): number {
    const a = this.row(i);
    const b = this.row(j);
    let sum = 0;
    for (let c = 0; c < this.dim; c++) sum += a[c] * b[c];
    return sum;
  }

  /** Bytes of the values. */
  get bytes(): number {
    return this.n * this.dim * 4;
  }
}

/**
 * Divides each row by its Euclidean norm, in float32 as the reference does. Returns new features.
 * Rows must have a positive, finite norm (readers see to it).
 */
export function normalise(features: Features): Features {
  const result = Features.allocate(features.n, features.dim);
  for (let i = 0; i < features.n; i++) {
    const from = features.row(i);
    const to = result.row(i);
    let sum = 0;
    for (let c = 0; c < from.length; c++) sum += from[c] * from[c];
    const norm = Math.fround(Math.sqrt(sum));
    for (let c = 0; c < from.length; c++) to[c] = from[c] / norm;
  }
  return result;
}

/** The rows at length 1, for cosines: the features themselves where they are normalised. Zero rows stay. */
export function unitRows(features: Features, normalised: boolean): Features {
  if (normalised) return features;
  const units = normalise(features);
  for (let i = 0; i < features.n; i++) if (features.row(i).every((value) => value === 0)) units.row(i).fill(0);
  return units;
}

/** The given rows, in their order, as features of their own. */
export function selectRows(features: Features, rows: ArrayLike<number>): Features {
  const selected = Features.allocate(rows.length, features.dim);
  for (let i = 0; i < rows.length; i++) selected.row(i).set(features.row(rows[i]));
  return selected;
}
