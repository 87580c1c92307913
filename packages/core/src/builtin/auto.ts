import { searchFor } from '../compute/nearest-neighbours.js';
import type { Features } from '../data/features.js';
import type { KnnGraph } from '../data/knn-graph.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { KnnBuilder } from '../stages/interfaces.js';
import type { Services } from '../stages/services.js';
import { Exact } from './exact.js';
import { expectOthers, neighboursProperty } from './expect-others.js';
import { Ivf } from './ivf.js';
import { targetRecallProperty } from './report-recall.js';

export interface AutoOptions {
  k: number;
  targetRecall: number;
}

const options: OptionsSchema<AutoOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    k: neighboursProperty,
    targetRecall: { ...targetRecallProperty, description: `${targetRecallProperty.description} 1 = \`exact\`.` },
  },
  required: ['k', 'targetRecall'],
};

class Auto implements KnnBuilder {
  readonly k: number;

  constructor(
    private readonly options: AutoOptions,
    private readonly services: Services,
  ) {
    this.k = options.k;
  }

  build(features: Features): Promise<KnnGraph> {
    const { n } = features;
    const { k, targetRecall } = this.options;
    const { log } = this.services;
    expectOthers('auto', k, n);
    const chosen = searchFor(n, targetRecall);
    this.services.record('builder', chosen);
    if (chosen === 'exact') {
      log.info(`auto: exact, all pairs of ${n} instances`);
      return new Exact({ k }, this.services).build(features);
    }
    log.info(`auto: ivf, ${n} instances are too many to compare all pairs`);
    return new Ivf({ k, targetRecall, cells: 0, probes: 0, seed: 0 }, this.services).build(features);
  }
}

export const autoStage = defineStage({
  kind: 'knnBuilder',
  type: 'auto',
  summary:
    'Finds the k nearest neighbours of each instance: exactly where that is quick, nearly all of them elsewhere.',
  cost: 'that of exact up to 40,000 instances, of ivf beyond',
  options,
  create: (filled: AutoOptions, services: Services) => new Auto(filled, services),
});
