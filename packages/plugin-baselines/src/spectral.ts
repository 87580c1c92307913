import {
  defineStage,
  exactNeighbours,
  Features,
  toLabels,
  type ClusterProposals,
  type KnnGraph,
  type OptionsSchema,
  type ProposalGenerator,
  type Random,
  type Services,
} from '@l2c/core';
import { expectEnoughInstances, tooManyClusters } from './cluster-count.js';
import { clustersOf } from './clusters-of.js';
import { expectMemory } from './expect-memory.js';
import { eigenWidth, leadingEigenvectors } from './leading-eigenvectors.js';
import { lloyd } from './lloyd.js';
import { neighbourAffinity } from './neighbour-affinity.js';
import { nystroemEmbedding } from './nystroem.js';

export interface SpectralOptions {
  clusters: number;
  affinity: 'knn' | 'rbf';
  k: number;
  gamma: number;
  landmarks: number;
  components: number;
  iterations: number;
  seed: number;
}

const options: OptionsSchema<SpectralOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    clusters: { type: 'integer', minimum: 1, description: 'How many clusters to make: identities, if you know.' },
    affinity: {
      type: 'string',
      enum: ['knn', 'rbf'],
      default: 'knn',
      description: 'knn: instances are alike where one lists the other. rbf: by exp(-gamma |x - y|^2), over all pairs.',
    },
    k: {
      type: 'integer',
      minimum: 1,
      default: 9,
      description:
        'For knn: neighbours of each instance that count, at most. Those of the knnBuilder; without one they are searched for.',
    },
    gamma: {
      type: 'number',
      exclusiveMinimum: 0,
      default: 3,
      description: 'For rbf: how fast likeness falls with distance.',
    },
    landmarks: {
      type: 'integer',
      minimum: 1,
      default: 1000,
      description: 'For rbf: instances drawn at random that stand for all others; all of them makes it exact.',
    },
    components: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description:
        'Eigenvectors. 0 = as many as clusters, but at most 256, and with rbf at most a quarter of the landmarks: more are slower and found fewer identities.',
    },
    iterations: {
      type: 'integer',
      minimum: 1,
      default: 30,
      description: 'Rounds of the search for eigenvectors, at most.',
    },
    seed: { type: 'integer', minimum: 0, default: 42, description: 'Seed of the random numbers.' },
  },
  required: ['clusters', 'affinity', 'k', 'gamma', 'landmarks', 'components', 'iterations', 'seed'],
};

/** Eigenvectors where none are asked for, at most. */
const mostComponents = 256;

/**
 * (n x components) rows of the leading eigenvectors of the normalised affinity D^-½ A D^-½, each divided by the root of the
 * instance's degree: instances that hang together lie together. An instance without a link lies at the origin.
 * Shi & Malik, "Normalized Cuts and Image Segmentation", PAMI 22(8), 2000; scaling as in scikit-learn.
 */
export async function spectralEmbedding(
  features: Features,
  knn: KnnGraph | undefined,
  options: SpectralOptions,
  random: Random,
  services: Pick<Services, 'compute' | 'signal' | 'progress' | 'record'>,
): Promise<Features> {
  const { n } = features;
  const { affinity, iterations, gamma } = options;
  const landmarks = Math.min(n, options.landmarks);
  // Unit rows of a single column are all alike.
  const reliable = Math.max(2, Math.min(options.clusters, landmarks, 8), landmarks >> 2);
  const count = componentsOf(options, affinity === 'rbf' ? landmarks : n, affinity === 'rbf' ? reliable : n);
  expectMemory('spectral.components', embeddingBytes(n, count, options), 'ask for fewer components, or use affinity rbf'); // prettier-ignore
  if (affinity === 'rbf') return nystroemEmbedding(features, { gamma, landmarks, count, iterations }, random, services);
  if (n === 1) return Features.allocate(1, 1);
  const graph = knn ?? (await exactNeighbours(features, Math.min(options.k, n - 1), services));
  const { operator, degrees } = neighbourAffinity(graph, options.k);
  const { vectors, width, rounds } = await leadingEigenvectors(operator, count, iterations, random, services);
  services.record('rounds', rounds);
  const embedding = Features.allocate(n, count);
  for (let i = 0; i < n; i++) {
    if (degrees[i] === 0) continue;
    const row = embedding.row(i);
    const scale = 1 / Math.sqrt(degrees[i]);
    for (let c = 0; c < count; c++) row[c] = vectors[i * width + c] * scale;
  }
  return embedding;
}

/** How many eigenvectors to find, where there are `all` and more than `reliable` are noise. */
function componentsOf({ components, clusters }: SpectralOptions, all: number, reliable: number): number {
  return Math.min(all, components || Math.max(1, Math.min(clusters, mostComponents, reliable)));
}

/** Bytes of the embedding and of what it is made with. */
function embeddingBytes(n: number, count: number, { affinity, landmarks, k }: SpectralOptions): number {
  const m = affinity === 'rbf' ? Math.min(n, landmarks) : n;
  const width = eigenWidth(m, count);
  return (
    4 * n * count + 16 * m * width + 32 * width ** 2 + (affinity === 'rbf' ? 40 * m * m : 8 * n * width + 24 * n * k)
  );
}

class Spectral implements ProposalGenerator {
  constructor(
    private readonly options: SpectralOptions,
    private readonly services: Services,
  ) {}

  async propose(features: Features, knn: KnnGraph | undefined): Promise<ClusterProposals> {
    const { options, services } = this;
    expectEnoughInstances('spectral', options.clusters, features.n);
    const random = services.random(options.seed);
    const embedding = await spectralEmbedding(features, knn, options, random, services);
    const settings = { clusters: options.clusters, iterations: 300, tolerance: 0.0001 };
    const { values, clusters } = toLabels((await lloyd(embedding, settings, random, services)).labels);
    if (clusters < options.clusters) {
      services.log.warn(`spectral: only ${clusters} embedded instances differ, so there are no more clusters`);
    }
    return clustersOf(values, clusters);
  }
}

export const spectralStage = defineStage({
  kind: 'proposalGenerator',
  type: 'spectral',
  proposals: 'clusters',
  summary: 'Cuts the graph of similar instances into a given number of clusters, by its leading eigenvectors.',
  cost: 'knn: O(n k + n components^2 + components^3) time a round, 28 n components bytes; rbf: O(n landmarks dim + n landmarks^2), 40 landmarks^2 + 4 n components bytes',
  reference: 'Shi & Malik, Normalized Cuts and Image Segmentation, PAMI 22(8), 2000; Fowlkes et al., PAMI 26(2), 2004',
  options,
  check: ({ clusters }, { n }) => tooManyClusters(clusters, n),
  create: (filled: SpectralOptions, services) => new Spectral(filled, services),
});
