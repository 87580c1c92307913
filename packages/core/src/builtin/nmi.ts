import type { Metrics } from '../data/metrics.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { Evaluator } from '../stages/interfaces.js';
import { contingency, type Contingency } from './contingency.js';

export interface NmiOptions {
  average: 'arithmetic' | 'geometric';
}

const options: OptionsSchema<NmiOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    average: {
      type: 'string',
      enum: ['arithmetic', 'geometric'],
      default: 'arithmetic',
      description:
        'How the two entropies are averaged: arithmetic as scikit-learn does since 0.22, geometric as it did before, which older papers report.',
    },
  },
  required: ['average'],
};

/**
 * Normalised mutual information: what the partitions tell of each other, over the mean of what each tells. In 0 .. 1;
 * 1 where both hold one cluster, or nothing. O(n). Strehl & Ghosh, JMLR 2002; Vinh et al., JMLR 2010.
 */
export function nmi(truth: ArrayLike<number>, predicted: ArrayLike<number>, options: NmiOptions): number {
  const table = contingency(truth, predicted);
  if (table.rows.length <= 1 && table.columns.length <= 1) return 1;
  const information = mutualInformation(table);
  if (information === 0) return 0;
  const a = entropy(table.rows, table.n);
  const b = entropy(table.columns, table.n);
  return information / (options.average === 'geometric' ? Math.sqrt(a * b) : (a + b) / 2);
}

/** In nats. Of independent partitions exactly 0: each quotient below is one of equal integers. */
function mutualInformation({ n, rows, columns, cells, cellRows, cellColumns }: Contingency): number {
  let sum = 0;
  for (let c = 0; c < cells.length; c++) {
    const count = cells[c];
    sum += (count / n) * Math.log((count * n) / (rows[cellRows[c]] * columns[cellColumns[c]]));
  }
  return sum;
}

function entropy(sizes: Int32Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < sizes.length; i++) sum -= (sizes[i] / n) * Math.log(sizes[i] / n);
  return sum;
}

class Nmi implements Evaluator {
  constructor(private readonly options: NmiOptions) {}

  evaluate(truth: Int32Array, predicted: Int32Array): Metrics {
    const name = this.options.average === 'arithmetic' ? 'nmi' : `nmi ${this.options.average}`;
    return { [name]: nmi(truth, predicted, this.options) };
  }
}

export const nmiStage = defineStage({
  kind: 'evaluator',
  type: 'nmi',
  summary: 'Normalised mutual information of the clusters and the identities.',
  cost: 'O(n) time, 40 n bytes',
  reference: 'Vinh, Epps & Bailey, Information Theoretic Measures for Clusterings Comparison, JMLR 2010',
  options,
  create: (filled: NmiOptions) => new Nmi(filled),
});
