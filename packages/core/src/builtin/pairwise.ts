import type { Metrics } from '../data/metrics.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { Evaluator } from '../stages/interfaces.js';
import { agreement, contingency, type Agreement } from './contingency.js';

export type PairwiseOptions = Record<never, never>;

const options: OptionsSchema<PairwiseOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {},
  required: [],
};

/**
 * Over all pairs of instances: how many of those put together belong together (precision), and how many of those that
 * belong together were put together (recall). NaN where there are none to count. O(n).
 * Amigo et al., "A comparison of extrinsic clustering evaluation metrics", 2009.
 */
export function pairwise(truth: ArrayLike<number>, predicted: ArrayLike<number>): Agreement {
  const { n, rows, columns, cells } = contingency(truth, predicted);
  const together = squares(cells) - n; // twice the pairs, exact below 2^53
  return agreement(together / (squares(columns) - n), together / (squares(rows) - n));
}

function squares(counts: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i] * counts[i];
  return sum;
}

class Pairwise implements Evaluator {
  evaluate(truth: Int32Array, predicted: Int32Array): Metrics {
    const { precision, recall, f } = pairwise(truth, predicted);
    return { 'pairwise precision': precision, 'pairwise recall': recall, 'pairwise f': f };
  }
}

export const pairwiseStage = defineStage({
  kind: 'evaluator',
  type: 'pairwise',
  summary: 'Precision, recall and F over pairs of instances.',
  cost: 'O(n) time, 40 n bytes',
  reference: 'Amigo et al., A comparison of extrinsic clustering evaluation metrics based on formal constraints, 2009',
  options,
  create: () => new Pairwise(),
});
