import { createRandom } from '../stages/random.js';

/** Rows of both halves of a data set, ascending. No identity has rows in both. */
export interface IdentitySplit {
  readonly tuning: Int32Array;
  readonly testing: Int32Array;
}

/**
 * Splits identities, not instances, at random into halves: the first takes the odd one. Rows of unknown identity (-1) are in
 * neither. With a seed the first splits are the same however many are made.
 */
export function identitySplits(truth: Int32Array, splits: number, seed: number): IdentitySplit[] {
  const identities = [...new Set(truth)].filter((identity) => identity !== -1).sort((a, b) => a - b);
  const random = createRandom(seed);
  return Array.from({ length: splits }, () => {
    const shuffled = random.shuffle([...identities]);
    const first = new Set(shuffled.slice(0, Math.ceil(shuffled.length / 2)));
    return {
      tuning: rowsWhere(truth, (identity) => first.has(identity)),
      testing: rowsWhere(truth, (identity) => identity !== -1 && !first.has(identity)),
    };
  });
}

/** Rows of known identity, ascending. */
export function labelledRows(truth: Int32Array): Int32Array {
  return rowsWhere(truth, (identity) => identity !== -1);
}

function rowsWhere(truth: Int32Array, accept: (identity: number) => boolean): Int32Array {
  const rows = new Int32Array(truth.length);
  let count = 0;
  for (let i = 0; i < truth.length; i++) if (accept(truth[i])) rows[count++] = i;
  return rows.slice(0, count);
}
