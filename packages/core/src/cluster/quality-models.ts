// Written by scripts/calibrate-quality.mjs, by 101 synthetic sets; errors are means over 18 halves of real ones.
import type { JoinModel } from './join-odds.js';
import type { Estimates } from './quality-estimate.js';

/** Of {@link madeJoins}. */
export const madeModel: JoinModel = {
  intercept: 1.7649,
  weights: [1.9847, -0.011249, -2.5553, 0.92144, -0.037678, -0.34984, -0.050644, 1.7593],
};
/** Of {@link missedJoins}. */
export const missedModel: JoinModel = {
  intercept: -3.6303,
  weights: [-0.4549, 6.9607, -0.98038, -0.35182, -0.2535, -0.65389, -2.1455, 0.14464],
};
/** Mean absolute error of each estimate. */
export const meanErrors: Estimates = {
  bcubedPrecision: 0.014,
  bcubedRecall: 0.008,
  pairwisePrecision: 0.028,
  pairwiseRecall: 0.011,
};
