import { Features } from '../data/features.js';
import { L2cError, type Problem } from '../errors.js';

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
 * Checks every row of freshly read features and normalises it in place, by the arithmetic of {@link normalise} in data/features.ts.
 * Returns the features, and the numbers of the rows kept where some were dropped. E_DATA names the first bad rows and counts them all.
 */
export function cleanRows(
  features: Features,
  options: CleanOptions,
  path: string,
): { features: Features; kept: Int32Array | undefined } {
  const { n, dim, blocks, rowsPerBlock } = features;
  const notFinite: number[] = [];
  const zero: number[] = [];
  let bad = 0;
  let kept: Int32Array | undefined;
  let to = 0;
  for (let i = 0; i < n; i++) {
    const block = blocks[Math.floor(i / rowsPerBlock)];
    const start = (i % rowsPerBlock) * dim;
    let sum = 0;
    for (let e = start; e < start + dim; e++) sum += block[e] * block[e];
    const norm = Math.fround(Math.sqrt(sum));
    if (!(norm < Infinity) || (options.normalise && norm === 0)) {
      (norm === 0 ? zero : notFinite).push(options.rows?.[i] ?? i);
      kept ??= Int32Array.from({ length: n }, (_, row) => row);
      bad++;
      continue;
    }
    if (options.normalise) for (let e = start; e < start + dim; e++) block[e] = block[e] / norm;
    if (kept !== undefined) {
      kept[to] = i;
      moveRow(features, i, to);
    }
    to++;
  }
  if (bad > 0 && options.onInvalid === 'error') throw invalid(path, notFinite, zero);
  if (to === 0)
    throw new L2cError({ code: 'E_DATA', place: path, fact: 'has no valid row', wayOut: 'check how it was made' });
  return kept === undefined ? { features, kept } : { features: firstRows(features, to), kept: kept.slice(0, to) };
}

function moveRow(features: Features, from: number, to: number): void {
  features.row(to).set(features.row(from));
}

/** The first n rows: whole blocks as they are, the last one cut to size so that no block is longer than its rows. */
function firstRows(features: Features, n: number): Features {
  const { dim, rowsPerBlock } = features;
  const whole = features.blocks.slice(0, Math.floor(n / rowsPerBlock));
  const rest = n % rowsPerBlock;
  if (rest === 0) return new Features(n, dim, whole, rowsPerBlock);
  const last = new Float32Array(new SharedArrayBuffer(4 * rest * dim));
  last.set(features.blocks[whole.length].subarray(0, rest * dim));
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
