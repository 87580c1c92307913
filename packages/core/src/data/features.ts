import { float16Values, fromFloat16, toFloat16 } from './half-floats.js';
import { sharedFloat32, sharedUint16 } from './shared-arrays.js';

/** The largest a single block of rows may grow to, in bytes. */
const maxBlockBytes = 2 ** 30;

/** How values lie in memory. `float16` takes half of it, and rounds: by 2^-11 of a value at most, 2^-25 near zero. */
export type FeatureStorage = 'float32' | 'float16';

/** What features are made of: threads take it over without a copy. */
export interface FeatureParts {
  readonly n: number;
  readonly dim: number;
  readonly rowsPerBlock: number;
  /** Blocks of float32, or of the bits of float16. */
  readonly stored: readonly FeatureBlock[];
}

export type FeatureBlock = Float32Array | Uint16Array;

/**
 * n x dim embeddings, row-major, in blocks of `rowsPerBlock` rows (a power of two; the last block is shorter),
 * so that no single buffer passes 1 GiB. Blocks lie on SharedArrayBuffers. Treat as immutable once filled.
 */
export class Features {
  readonly n: number;
  readonly dim: number;
  readonly rowsPerBlock: number;
  readonly stored: readonly FeatureBlock[];
  readonly storage: FeatureStorage;
  private readonly shift: number;
  private wide: readonly Float32Array[] | undefined;

  constructor(n: number, dim: number, stored: readonly FeatureBlock[], rowsPerBlock: number) {
    if (dim < 1) throw new RangeError(`features need at least one dimension, got ${dim}`);
    const rows = stored.reduce((sum, block) => sum + block.length / dim, 0);
    if (rows !== n) throw new RangeError(`${n} rows announced, ${rows} given`);
    this.n = n;
    this.dim = dim;
    this.stored = stored;
    this.rowsPerBlock = rowsPerBlock;
    this.shift = Math.log2(rowsPerBlock);
    this.storage = stored[0] instanceof Uint16Array ? 'float16' : 'float32';
    if (this.storage === 'float32') this.wide = stored as readonly Float32Array[];
  }

  /** Features that share the memory of others, perhaps those of another thread. */
  static of({ n, dim, stored, rowsPerBlock }: FeatureParts): Features {
    return new Features(n, dim, stored, rowsPerBlock);
  }

  /** Zero-filled features of the given shape, to be filled row by row through {@link Features.setRows}. */
  static allocate(n: number, dim: number, blockBytes = maxBlockBytes, storage: FeatureStorage = 'float32'): Features {
    const [bytes, take] = storage === 'float32' ? [4, sharedFloat32] : [2, sharedUint16];
    const rowsPerBlock = 2 ** Math.max(0, Math.floor(Math.log2(blockBytes / (bytes * dim))));
    const blocks: FeatureBlock[] = [];
    for (let start = 0; start < n; start += rowsPerBlock) {
      blocks.push(take(Math.min(rowsPerBlock, n - start) * dim));
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

  /** The blocks as float32. Of float16 they are a copy, made once, that takes twice the memory of the features. */
  get blocks(): readonly Float32Array[] {
    this.wide ??= this.stored.map((block) => fromFloat16(block as Uint16Array, sharedFloat32(block.length)));
    return this.wide;
  }

  /** A view of row i: no copy, but one small object. In hot loops use {@link Features.blocks}. Of float16 it is a copy. */
  row(i: number): Float32Array {
    const block = this.stored[i >>> this.shift];
    const start = (i & (this.rowsPerBlock - 1)) * this.dim;
    if (block instanceof Float32Array) return block.subarray(start, start + this.dim);
    return fromFloat16(block.subarray(start, start + this.dim));
  }

  /** Copies rows start..end (exclusive) to the front of `target`, row-major. */
  copyRows(start: number, end: number, target: Float32Array): void {
    let at = 0;
    for (let i = start; i < end;) {
      const block = this.stored[i >>> this.shift];
      const first = i & (this.rowsPerBlock - 1);
      const count = Math.min(end - i, this.rowsPerBlock - first);
      const values = block.subarray(first * this.dim, (first + count) * this.dim);
      if (values instanceof Float32Array) target.set(values, at);
      else fromFloat16(values, at === 0 ? target : target.subarray(at));
      at += count * this.dim;
      i += count;
    }
  }

  /** Fills rows from `start` on with whole rows of values, row-major; of float16 they are rounded. */
  setRows(start: number, values: Float32Array): void {
    for (let at = 0, i = start; at < values.length;) {
      const block = this.stored[i >>> this.shift];
      const first = i & (this.rowsPerBlock - 1);
      const count = Math.min((values.length - at) / this.dim, this.rowsPerBlock - first);
      const part = values.subarray(at, at + count * this.dim);
      if (block instanceof Float32Array) block.set(part, first * this.dim);
      else toFloat16(part, block.subarray(first * this.dim));
      at += count * this.dim;
      i += count;
    }
  }

  /** Inner product of rows i and j, accumulated in double precision: the cosine where rows are normalised. */
  dot(i: number, j: number): number {
    return this.dotWith(this.row(i), j);
  }

  /** Inner product of a vector and row j, accumulated in double precision. */
  dotWith(vector: Float32Array, j: number): number {
    const block = this.stored[j >>> this.shift];
    const start = (j & (this.rowsPerBlock - 1)) * this.dim;
    let sum = 0;
    if (block instanceof Float32Array) for (let c = 0; c < this.dim; c++) sum += vector[c] * block[start + c];
    else for (let c = 0; c < this.dim; c++) sum += vector[c] * float16Values[block[start + c]];
    return sum;
  }

  /** What a thread needs to share the features; see {@link Features.of}. */
  get parts(): FeatureParts {
    const { n, dim, rowsPerBlock, stored } = this;
    return { n, dim, rowsPerBlock, stored };
  }

  /** Bytes of the values. */
  get bytes(): number {
    return this.n * this.dim * (this.storage === 'float32' ? 4 : 2);
  }
}

/** The same features stored otherwise; the same object where they are. O(n dim). */
export function storeAs(features: Features, storage: FeatureStorage): Features {
  if (features.storage === storage) return features;
  const { n, dim } = features;
  const result = Features.allocate(n, dim, maxBlockBytes, storage);
  const rows = new Float32Array(Math.min(n, 1024) * dim);
  for (let first = 0; first < n; first += 1024) {
    const count = Math.min(1024, n - first);
    features.copyRows(first, first + count, rows);
    result.setRows(first, rows.subarray(0, count * dim));
  }
  return result;
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
  const selected = Features.allocate(rows.length, features.dim, maxBlockBytes, features.storage);
  for (let i = 0; i < rows.length; i++) selected.setRows(i, features.row(rows[i]));
  return selected;
}
