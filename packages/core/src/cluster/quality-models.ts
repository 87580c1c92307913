// Written by scripts/calibrate-quality.mjs, by 100 synthetic sets; errors are means over 18 halves of real ones.
import type { JoinModel } from './join-odds.js';
import type { Estimates } from './quality-estimate.js';

/** Of {@link madeJoins}. */
export const madeModel: JoinModel = {
  intercept: 1.7021,
  weights: [2.1829, -0.040718, -2.3328, 0.71499, 0.027212, -0.28621, -0.021474, 1.6258],
};
/** Of {@link missedJoins}. */
export const missedModel: JoinModel = {
  intercept: -3.666,
  weights: [-0.39538, 6.8967, -0.88598, -0.51345, -0.26882, -0.61459, -2.1063, 0.13232],
};
/** Mean absolute error of each estimate. */
export const meanErrors: Estimates = {
  bcubedPrecision: 0.013,
  bcubedRecall: 0.008,
  pairwisePrecision: 0.027,
  pairwiseRecall: 0.011,
};
