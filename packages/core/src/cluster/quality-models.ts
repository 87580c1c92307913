// Written by scripts/calibrate-quality.mjs, by 101 synthetic sets; errors are means over 18 halves of real ones.
import type { JoinModel } from './join-odds.js';
import type { Estimates } from './quality-estimate.js';

/** Of {@link madeJoins}. */
export const madeModel: JoinModel = {
  intercept: 1.8019,
  weights: [1.9903, -0.012115, -2.5496, 0.87884, -0.03688, -0.35049, -0.049224, 1.7598],
};
/** Of {@link missedJoins}. */
export const missedModel: JoinModel = {
  intercept: -3.6318,
  weights: [-0.47278, 6.9592, -0.99451, -0.35204, -0.2507, -0.65253, -2.1467, 0.14348],
};
/** Mean absolute error of each estimate. */
export const meanErrors: Estimates = {
  bcubedPrecision: 0.014,
  bcubedRecall: 0.008,
  pairwisePrecision: 0.028,
  pairwiseRecall: 0.011,
};
