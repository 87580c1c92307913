import { exactNeighbours } from '../compute/neighbours/exact-neighbours.js';
import type { Features } from '../data/features.js';
import type { KnnGraph } from '../data/knn-graph.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { KnnBuilder } from '../stages/interfaces.js';
import type { Services } from '../stages/services.js';
import { expectOthers, neighboursProperty } from './expect-others.js';

export interface ExactOptions {
  k: number;
}

const options: OptionsSchema<ExactOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    k: neighboursProperty,
  },
  required: ['k'],
};

export class Exact implements KnnBuilder {
  readonly k: number;

  constructor(
    options: ExactOptions,
    private readonly services: Services,
  ) {
    this.k = options.k;
  }

  build(features: Features): Promise<KnnGraph> {
    expectOthers('exact', this.k, features.n);
    return exactNeighbours(features, this.k, this.services);
  }
}

export const exactStage = defineStage({
  kind: 'knnBuilder',
  type: 'exact',
  summary: 'Finds the k nearest neighbours of each instance by comparing all pairs, each pair once.',
  cost: 'O(n^2 dim / 2) time, 12 n k bytes beside the graph',
  options,
  create: (filled: ExactOptions, services: Services) => new Exact(filled, services),
});
