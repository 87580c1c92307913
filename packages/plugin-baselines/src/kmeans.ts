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
import { lloyd, type KmeansResult, type KmeansServices, type LloydOptions } from './lloyd.js';

export interface KmeansOptions extends LloydOptions {
  clusters: number;
  iterations: number;
  tolerance: number;
  restarts: number;
  seed: number;
}

const options: OptionsSchema<KmeansOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    clusters: { type: 'integer', minimum: 1, description: 'How many clusters to make: identities, if you know.' },
    iterations: { type: 'integer', minimum: 0, default: 300, description: 'Times the centres move, at most.' },
    tolerance: {
      type: 'number',
      minimum: 0,
      default: 0.0001,
      description:
        "It ends when the centres' summed squared shift is this share of the mean variance of a column; 0 goes on until no instance moves.",
    },
    restarts: {
      type: 'integer',
      minimum: 1,
      default: 1,
      description: 'Runs from different seeds, of which the one with the smallest inertia is kept.',
    },
    seed: { type: 'integer', minimum: 0, default: 42, description: 'Seed of the random numbers.' },
  },
  required: ['clusters', 'iterations', 'tolerance', 'restarts', 'seed'],
};

/**
 * Minimises the sum of squared distances to `clusters` centres: the best of `restarts` runs of {@link lloyd}.
 * O(restarts iterations n clusters dim) time; beside the features 8 n + 12 clusters dim bytes and 36 MiB of products.
 */
export async function kmeans(
  features: Features,
  options: KmeansOptions,
  services: KmeansServices & Pick<Services, 'random'>,
): Promise<KmeansResult> {
  const random = services.random(options.seed);
  let best: KmeansResult | undefined;
  for (let run = 0; run < options.restarts; run++) {
    const result = await lloyd(features, options, random, services);
    if (best === undefined || result.inertia < best.inertia) best = result;
  }
  return best!;
}

class Kmeans implements ProposalGenerator {
  constructor(
    private readonly options: KmeansOptions,
    private readonly services: Services,
  ) {}

  async propose(features: Features): Promise<ClusterProposals> {
    const { services } = this;
    expectEnoughInstances('kmeans', this.options.clusters, features.n);
    const { labels, inertia, iterations } = await kmeans(features, this.options, services);
    const { values, clusters } = toLabels(labels);
    services.record('inertia', inertia);
    services.record('iterations', iterations);
    if (clusters < this.options.clusters) {
      services.log.warn(`kmeans: only ${clusters} instances differ, so there are no more clusters`);
    }
    return clustersOf(values, clusters);
  }
}

export const kmeansStage = defineStage({
  kind: 'proposalGenerator',
  type: 'kmeans',
  proposals: 'clusters',
  summary: 'Splits the instances into a given number of clusters around their means.',
  cost: 'O(iterations n clusters dim) time at most, 40 n + 12 clusters dim bytes and 36 MiB',
  reference: 'Lloyd, IEEE Trans. Inf. Theory 28(2), 1982; seeds: Arthur & Vassilvitskii, k-means++, SODA 2007',
  options,
  check: ({ clusters }, { n }) => tooManyClusters(clusters, n),
  create: (filled: KmeansOptions, services) => new Kmeans(filled, services),
});
