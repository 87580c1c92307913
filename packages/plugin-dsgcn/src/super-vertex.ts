import {
  defineStage,
  problem,
  type Features,
  type KnnGraph,
  type OptionProblem,
  type OptionsSchema,
  type ProposalGenerator,
  type Proposals,
  type Services,
} from '@l2c/core';
import { superVertexProposals, type GroupingOptions, type SuperVertexOptions } from './super-vertex-proposals.js';

const step = {
  type: 'number',
  minimum: 0,
  maximum: 1,
  default: 0.05,
  description: 'How far the threshold moves towards 1 at each level: t becomes t + (1 - t) * step.',
} as const;

const grouping: OptionsSchema<GroupingOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    k: {
      type: 'integer',
      minimum: 1,
      description: 'Neighbours of each super vertex by the inner product of mean features, itself not among them.',
    },
    threshold: {
      type: 'number',
      minimum: -1,
      maximum: 1,
      default: 0.4,
      description: 'Links between super vertices of a lower inner product are cut first.',
    },
    step,
    minSize: { type: 'integer', minimum: 1, default: 3, description: 'Sets of fewer instances are not proposed.' },
    maxSize: { type: 'integer', minimum: 1, default: 500, description: 'Sets of more instances are not proposed.' },
    minVertices: {
      type: 'integer',
      minimum: 1,
      default: 2,
      description: 'Sets of fewer super vertices are not proposed.',
    },
    maxVertices: { type: 'integer', minimum: 1, description: 'Sets of more super vertices are taken apart.' },
  },
  required: ['k', 'threshold', 'step', 'minSize', 'maxSize', 'minVertices', 'maxVertices'],
};

const options: OptionsSchema<SuperVertexOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    k: {
      type: 'array',
      items: { type: 'integer', minimum: 1 },
      default: [],
      description:
        'Neighbours of each instance to look at, each number a setting; empty = all that the knnBuilder found.',
    },
    threshold: {
      type: 'array',
      items: { type: 'number', minimum: -1, maximum: 1 },
      minItems: 1,
      default: [0.55, 0.6, 0.65, 0.7, 0.75],
      description: 'Links of a lower cosine similarity are cut first; each number a setting, with each k.',
    },
    step,
    minSize: { type: 'integer', minimum: 1, default: 3, description: 'Smaller super vertices are not proposed.' },
    maxSize: { type: 'integer', minimum: 1, default: 300, description: 'Larger super vertices are taken apart.' },
    maxIterations: {
      type: 'integer',
      minimum: 1,
      maximum: 65535,
      default: 100,
      description: 'Levels after which what is still too large is left as one super vertex.',
    },
    keepBase: {
      type: 'boolean',
      default: true,
      description: 'Proposes super vertices themselves, not only the sets of them that iterations make.',
    },
    baseOnly: {
      type: 'array',
      items: { type: 'number', minimum: -1, maximum: 1 },
      default: [],
      description: 'Thresholds, of those listed, whose super vertices are only grouped by iterations, not proposed.',
    },
    iterations: {
      type: 'array',
      items: grouping,
      default: [],
      description:
        'A second level for each setting: sets of super vertices that are near each other. Each has its k, maxVertices and may have threshold (0.4), step (0.05), minSize (3), maxSize (500) and minVertices (2).',
    },
  },
  required: ['k', 'threshold', 'step', 'minSize', 'maxSize', 'maxIterations', 'keepBase', 'baseOnly', 'iterations'],
};

class SuperVertex implements ProposalGenerator {
  constructor(
    private readonly options: SuperVertexOptions,
    private readonly services: Services,
  ) {}

  async propose(features: Features, knn: KnnGraph | undefined): Promise<Proposals> {
    if (knn === undefined) throw new RangeError('super-vertex without a kNN graph');
    const { k, maxIterations } = this.options;
    const most = Math.max(0, ...k);
    if (most > knn.k) {
      const fact = `${most} neighbours asked for, the kNN graph holds ${knn.k}`;
      throw problem('E_STAGE', 'super-vertex.k', fact, 'raise k of the knnBuilder, or leave k out to look at all');
    }
    const { proposals, repeated, forced } = await superVertexProposals(features, knn, this.options, this.services);
    this.services.record('proposals', proposals.offsets.length - 1);
    this.services.record('repeated', repeated);
    this.services.record('forced', forced);
    if (proposals.offsets.length === 1) {
      const wayOut = 'lower threshold or minSize to get some';
      this.services.log.warn(`super-vertex: no group is large and tight enough to be proposed; ${wayOut}`);
    }
    if (forced > 0) {
      const hint = 'raise step or threshold to split them';
      this.services.log.warn(
        `super-vertex: after ${maxIterations} levels ${forced} instances are in too large groups; ${hint}`,
      );
    }
    return proposals;
  }
}

export const superVertexStage = defineStage({
  kind: 'proposalGenerator',
  type: 'super-vertex',
  proposals: 'clusters',
  knn: true,
  summary: 'Proposes groups of tightly linked instances, at several thresholds and scales.',
  cost: 'O(n k) time a setting, 20 n k bytes; with iterations O(g^2 dim) more for the g groups of each setting, O(g sqrt(g) dim) above 40,000',
  reference: 'Yang et al., Learning to Cluster Faces on an Affinity Graph, CVPR 2019, sec. 3.2',
  options,
  *check({ threshold, minSize, maxSize, baseOnly, keepBase, iterations }: SuperVertexOptions) {
    if (keepBase) yield* apart('minSize', minSize, 'maxSize', maxSize);
    for (const [i, level] of iterations.entries()) {
      yield* apart(`iterations.${i}.minSize`, level.minSize, 'maxSize', level.maxSize);
      yield* apart(`iterations.${i}.minVertices`, level.minVertices, 'maxVertices', level.maxVertices);
    }
    for (const [index, value] of baseOnly.entries()) {
      if (threshold.includes(value)) continue;
      yield { option: `baseOnly.${index}`, fact: `${value} is none of threshold`, wayOut: 'list it there too' };
    }
    if (iterations.length > 0) return;
    if (!keepBase) {
      yield { option: 'keepBase', fact: 'nothing is proposed: no base, no iterations', wayOut: 'give iterations' };
    }
    if (baseOnly.length > 0) {
      const wayOut = 'give iterations, or take them out of threshold';
      yield { option: 'baseOnly', fact: 'these thresholds serve nothing without iterations', wayOut };
    }
  },
  create: (filled: SuperVertexOptions, services) => new SuperVertex(filled, services),
});

/** The problem of a least size above the greatest. */
function* apart(option: string, least: number, name: string, most: number): Generator<OptionProblem> {
  if (least > most)
    yield {
      option,
      fact: `${least} is above ${name}, ${most}, so that nothing is proposed`,
      wayOut: `lower it, or raise ${name}`,
    };
}
