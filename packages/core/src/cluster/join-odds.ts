import type { Joins } from './joins.js';
import type { LikenessScale } from './likeness-scale.js';

/** A logistic model over {@link joinFacts}. */
export interface JoinModel {
  readonly intercept: number;
  readonly weights: readonly number[];
}

export const joinFactCount = 8;

/**
 * What is known of a pair of groups, with cosines as the scale has them (0 = strangers, 1 = inside clusters): the mean across, the best link,
 * by how much the mean inside exceeds that across, whether there is one, the logarithms of both sizes, and the squares of the first two.
 */
export function joinFacts(joins: Joins, at: number, { inside, strangers }: LikenessScale, into: Float64Array): void {
  const unit = inside - strangers;
  const across = (joins.across[at] - strangers) / unit;
  const best = (joins.best[at] - strangers) / unit;
  const own = joins.inside[at];
  const [a, b] = [joins.sizes[0][at], joins.sizes[1][at]];
  into[0] = across;
  into[1] = best;
  into[2] = Number.isNaN(own) ? 0 : (own - strangers) / unit - across;
  into[3] = Number.isNaN(own) ? 0 : 1;
  into[4] = Math.log(Math.min(a, b));
  into[5] = Math.log(Math.max(a, b));
  into[6] = best * best;
  into[7] = across * across;
}

/** (joins) estimated share of the pairs across that are of one person. */
export function joinOdds(joins: Joins, scale: LikenessScale, { intercept, weights }: JoinModel): Float64Array {
  const facts = new Float64Array(joinFactCount);
  return Float64Array.from(joins.across, (_, at) => {
    joinFacts(joins, at, scale, facts);
    let sum = intercept;
    for (let f = 0; f < joinFactCount; f++) sum += weights[f] * facts[f];
    return 1 / (1 + Math.exp(-sum));
  });
}
