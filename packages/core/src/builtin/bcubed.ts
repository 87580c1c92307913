import type { Metrics } from '../data/metrics.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { Evaluator } from '../stages/interfaces.js';
import { agreement, contingency, type Agreement } from './contingency.js';

export type BcubedOptions = Record<never, never>;

const options: OptionsSchema<BcubedOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {},
  required: [],
};

/**
 * Averaged over instances: the share of its cluster that is of its identity (precision), and the share of its identity
 * that is in its cluster (recall). NaN for no instances. O(n). Bagga & Baldwin 1998; Amigo et al. 2009.
 */
export function bcubed(truth: ArrayLike<number>, predicted: ArrayLike<number>): Agreement {
  const { n, rows, columns, cells, cellRows, cellColumns } = contingency(truth, predicted);
  let precision = 0;
  let recall = 0;
  for (let c = 0; c < cells.length; c++) {
    const square = cells[c] * cells[c];
    precision += square / columns[cellColumns[c]];
    recall += square / rows[cellRows[c]];
  }
  return agreement(precision / n, recall / n);
}

class Bcubed implements Evaluator {
  evaluate(truth: Int32Array, predicted: Int32Array): Metrics {
    const { precision, recall, f } = bcubed(truth, predicted);
    return { 'bcubed precision': precision, 'bcubed recall': recall, 'bcubed f': f };
  }
}

export const bcubedStage = defineStage({
  kind: 'evaluator',
  type: 'bcubed',
  summary: 'BCubed precision, recall and F: averaged over instances, so large identities weigh less than in pairwise.',
  cost: 'O(n) time, 40 n bytes',
  reference: 'Amigo et al., A comparison of extrinsic clustering evaluation metrics based on formal constraints, 2009',
  options,
  create: () => new Bcubed(),
});
