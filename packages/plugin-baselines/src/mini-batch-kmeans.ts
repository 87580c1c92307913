import {
  defineStage,
  toLabels,
  type ClusterProposals,
  type Features,
  type OptionsSchema,
  type ProposalGenerator,
  type Services,
} from '@l2c/core';
import { expectEnoughInstances, tooManyClusters } from './cluster-count.js';
import { clustersOf } from './clusters-of.js';
import type { KmeansResult, KmeansServices } from './lloyd.js';
import { miniBatchLloyd, type MiniBatchOptions } from './mini-batch-lloyd.js';

export interface MiniBatchKmeansOptions extends MiniBatchOptions {
  clusters: number;
  iterations: number;
  batchSize: number;
  patience: number;
  seed: number;
}

const options: OptionsSchema<MiniBatchKmeansOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    clusters: { type: 'integer', minimum: 1, description: 'How many clusters to make: identities, if you know.' },
    iterations: { type: 'integer', minimum: 1, default: 100, description: 'Times each instance is drawn, at most.' },
    batchSize: {
      type: 'integer',
      minimum: 1,
      maximum: 65536,
      default: 1000,
      description: 'Instances that are drawn before the centres move.',
    },
    patience: {
      type: 'integer',
      minimum: 0,
      default: 10,
      description: 'Batches without progress after which it ends; 0 goes through all iterations.',
    },
    seed: { type: 'integer', minimum: 0, default: 42, description: 'Seed of the random numbers.' },
  },
  required: ['clusters', 'iterations', 'batchSize', 'patience', 'seed'],
};

/** {@link miniBatchLloyd} from the random numbers of `seed`. */
export function miniBatchKmeans(
  features: Features,
  options: MiniBatchKmeansOptions,
  services: KmeansServices & Pick<Services, 'random'>,
): Promise<KmeansResult> {
  return miniBatchLloyd(features, options, services.random(options.seed), services);
}

class MiniBatchKmeans implements ProposalGenerator {
  constructor(
    private readonly options: MiniBatchKmeansOptions,
    private readonly services: Services,
  ) {}

  async propose(features: Features): Promise<ClusterProposals> {
    const { services } = this;
    expectEnoughInstances('mini-batch-kmeans', this.options.clusters, features.n);
    const { labels, inertia, iterations } = await miniBatchKmeans(features, this.options, services);
    const { values, clusters } = toLabels(labels);
    services.record('inertia', inertia);
    services.record('batches', iterations);
    if (clusters < this.options.clusters) {
      services.log.warn(`mini-batch-kmeans: only ${clusters} instances differ, so there are no more clusters`);
    }
    return clustersOf(values, clusters);
  }
}

export const miniBatchKmeansStage = defineStage({
  kind: 'proposalGenerator',
  type: 'mini-batch-kmeans',
  proposals: 'clusters',
  summary: 'Splits the instances into a given number of clusters around means learnt from small samples.',
  cost: 'O(batches batchSize clusters dim + n clusters dim) time, 40 n + 16 clusters dim bytes and 36 MiB',
  reference: 'Sculley, Web-Scale K-Means Clustering, WWW 2010',
  options,
  check: ({ clusters }, { n }) => tooManyClusters(clusters, n),
  create: (filled: MiniBatchKmeansOptions, services) => new MiniBatchKmeans(filled, services),
});
