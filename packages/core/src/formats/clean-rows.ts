import { Features } from '../data/features.js';
import { L2cError, problem, type Problem } from '../errors.js';

export interface CleanOptions {
  /** Divide each row by its norm, in place. */
  readonly normalise: boolean;
  /** What to do with rows that hold NaN or an infinity, or (if normalising) have no direction. */
  readonly onInvalid: 'error' | 'drop';
  /** The rows of the file that the features are, for messages; all where absent. */
  readonly rows?: Int32Array | undefined;
}

const shown = 5;

/**
 * Checks rows in the order of their file and normalises them in place, by the arithmetic of {@link normalise} in data/features.ts.
 */
export class RowCleaner {
  private readonly notFinite: number[] = [];
  private readonly zero: number[] = [];
  private kept: Int32Array | undefined;
  private looked = 0;
  private good = 0;

  /** @param n rows that there are in all */
  constructor(
    private readonly n: number,
    private readonly options: CleanOptions,
  ) {}

  /** Cleans the next whole rows; those that are valid move to the front of `values`. Returns how many they are. */
  clean(values: Float32Array, dim: number): number {
    let to = 0;
    for (let start = 0; start < values.length; start += dim, this.looked++) {
      let sum = 0;
      for (let e = start; e < start + dim; e++) sum += values[e] * values[e];
      const norm = Math.fround(Math.sqrt(sum));
      if (!(norm < Infinity) || (this.options.normalise && norm === 0)) {
        (norm === 0 ? this.zero : this.notFinite).push(this.options.rows?.[this.looked] ?? this.looked);
        this.kept ??= Int32Array.from({ length: this.n }, (_, row) => row);
        continue;
      }
      if (this.options.normalise) for (let e = start; e < start + dim; e++) values[e] = values[e] / norm;
      if (this.kept !== undefined) {
        this.kept[this.good] = this.looked;
        values.copyWithin(to * dim, start, start + dim);
      }
      to++;
      this.good++;
    }
    return to;
  }

  /** The numbers of the rows kept, where some were dropped. E_DATA names the first bad rows and counts them all. */
  finish(path: string): Int32Array | undefined {
    if (this.kept !== undefined && this.options.onInvalid === 'error') throw invalid(path, this.notFinite, this.zero);
    if (this.good === 0) throw problem('E_DATA', path, 'has no valid row', 'check how it was made');
    return this.kept?.slice(0, this.good);
  }
}

/** Cleans all rows of features, in place: see {@link RowCleaner}. Returns the features that are left, and which those are. */
export function cleanRows(
  features: Features,
  options: CleanOptions,
  path: string,
): { features: Features; kept: Int32Array | undefined } {
  const cleaner = new RowCleaner(features.n, options);
  let to = 0;
  for (const block of features.blocks) {
    const count = cleaner.clean(block, features.dim);
    features.setRows(to, block.subarray(0, count * features.dim));
    to += count;
  }
  const kept = cleaner.finish(path);
  return { features: firstRows(features, to), kept };
}

/** The first n rows, n > 0: whole blocks as they are, the last one cut to size so that no block is longer than its rows. */
export function firstRows(features: Features, n: number): Features {
  if (n === features.n) return features;
  const { dim, rowsPerBlock, storage, stored } = features;
  const whole = stored.slice(0, Math.floor(n / rowsPerBlock));
  const rest = n % rowsPerBlock;
  if (rest === 0) return new Features(n, dim, whole, rowsPerBlock);
  const [last] = Features.allocate(rest, dim, undefined, storage).stored;
  last.set(stored[whole.length].subarray(0, rest * dim));
  return new Features(n, dim, [...whole, last], rowsPerBlock);
}

function invalid(path: string, notFinite: readonly number[], zero: readonly number[]): L2cError {
  const tell = (rows: readonly number[], fact: string, wayOut: string): Problem[] => {
    if (rows.length === 0) return [];
    const list = rows.slice(0, shown).join(', ') + (rows.length > shown ? ', ...' : '');
    const place = `${path} ${rows.length === 1 ? 'row' : 'rows'} ${list}`;
    const count = rows.length > shown ? ` (${rows.length} rows, counted from 0)` : '';
    return [{ code: 'E_DATA', place, fact: `${fact}${count}`, wayOut }];
  };
  return new L2cError([
    ...tell(notFinite, 'NaN or infinite', 'correct them, or set onInvalid: drop'),
    ...tell(zero, 'zero, so without a direction to normalise', 'set onInvalid: drop, or normalise: false to keep them'),
  ]);
}
