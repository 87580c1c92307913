import {
  defineStage,
  expectEdges,
  fingerprint,
  ForwardModel,
  inputProperties,
  profileRows,
  projectedRows,
  readsProfiles,
  readWeights,
  sharedFloat32,
  SimilarityProfiles,
  trainingOptionNames,
  trainingProperties,
  weightFaults,
  WeightsFile,
  type EdgeProposals,
  type ModelInputs,
  type NodeRows,
  type OptionProblem,
  type OptionsSchema,
  type Proposals,
  type Scores,
  type Services,
  type StageContext,
  type TrainableScorer,
  type TrainingExample,
  type TrainingOptions,
  type TrainingResult,
  type Weights,
} from '@l2c/core';
import { lGcnModelOf } from './l-gcn-model.js';
import { trainLGcn } from './l-gcn-training.js';
import { planLinks } from './link-plan.js';
import { linkage } from './linkage.js';
import type { PivotSubGraphOptions } from './pivot-sub-graphs.js';
import { ScoreCheckpoint } from './score-checkpoint.js';

export interface LGcnOptions extends TrainingOptions, PivotSubGraphOptions {
  weights: string;
  bothDirections: boolean;
  trainingKAtHop: number[];
  pivots: number;
  inputs: ModelInputs;
  rotations: boolean;
  hidden: number;
  batchSize: number;
}

const options: OptionsSchema<LGcnOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    weights: {
      type: 'string',
      format: 'weights',
      description: 'The trained weights: .safetensors, .npz or .pth. `l2c train` writes them.',
    },
    kAtHop: {
      type: 'array',
      items: { type: 'integer', minimum: 1 },
      minItems: 2,
      maxItems: 2,
      default: [80, 10],
      description:
        'The sub-graph of an instance: so many of its nearest neighbours, and so many of each of theirs. Of a kNN graph with fewer all are taken.',
    },
    activeConnections: {
      type: 'integer',
      minimum: 1,
      default: 10,
      description: 'Each node of a sub-graph is joined to those of its so many nearest neighbours that are in it too.',
    },
    bothDirections: {
      type: 'boolean',
      default: true,
      description:
        'A pair that is proposed from both ends is scored in the sub-graphs of both; otherwise in that of the lower id alone, and both links take that score.',
    },
    trainingKAtHop: {
      type: 'array',
      items: { type: 'integer', minimum: 1 },
      maxItems: 2,
      default: [],
      description: 'Training: takes the place of kAtHop; empty = the same.',
    },
    pivots: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Training: so many instances are looked at each epoch, drawn anew each time; 0 = all.',
    },
    ...inputProperties,
    hidden: {
      type: 'integer',
      minimum: 2,
      default: 512,
      description: 'Training: columns of the first two layers. Trained weights bring their own.',
    },
    batchSize: {
      type: 'integer',
      minimum: 1,
      default: 16,
      description: 'Training: sub-graphs that are looked at together for one step.',
    },
    ...trainingProperties({
      epochs: 4,
      epoch: 'how often each sub-graph is looked at.',
      learningRateSteps: [0.25, 0.5, 0.75],
      optimizer: 'sgd',
      learningRate: 0.01,
    }),
    weightDecay: {
      type: 'number',
      minimum: 0,
      default: 1e-4,
      description: 'Training: this share of each weight is added to its gradient.',
    },
  },
  required: [
    'weights',
    'kAtHop',
    'activeConnections',
    'bothDirections',
    'trainingKAtHop',
    'pivots',
    'inputs',
    'rotations',
    'hidden',
    'batchSize',
    ...trainingOptionNames,
  ],
};

/**
 * (m) float32: how surely a link leads to the same identity, by the model over the sub-graph of its source. A link that leads
 * out of the 1-hop of its source takes the score of the same pair from the other end; where that has none either, 0.
 * O(rows (active hidden + hidden^2)) for all rows of all sub-graphs; a batch of them is in memory at a time, beside the first
 * product of all instances (8 n hidden bytes). Wang et al., CVPR 2019, sec. 3.
 *
 * @throws L2cError E_WEIGHTS where weights don't fit the features
 */
export async function lGcn(
  edges: EdgeProposals,
  { features, knn }: Required<Pick<StageContext, 'features' | 'knn'>>,
  weights: Weights,
  { kAtHop, activeConnections, bothDirections }: PivotSubGraphOptions & Pick<LGcnOptions, 'bothDirections'>,
  services: Pick<Services, 'compute' | 'progress' | 'signal' | 'checkpoints'>,
  place = '',
): Promise<Float32Array> {
  if (knn === undefined) throw new RangeError('l-gcn without a kNN graph');
  const plan = planLinks(edges, knn, kAtHop[0], bothDirections);
  const arrays = [...features.blocks, knn.ids, edges.offsets, edges.targets, ...tensorsOf(weights)];
  const job = fingerprint(arrays, [features.n, features.dim, knn.k, kAtHop, activeConnections, bothDirections]);
  const profiles = readsProfiles(weights) ? new SimilarityProfiles(knn) : undefined;
  const model = await ForwardModel.open(lGcnModelOf(weights, features.dim), weights, services.compute, {
    place,
    shared: profiles === undefined,
    signal: services.signal,
  });
  try {
    const checkpoint = new ScoreCheckpoint(services.checkpoints, job);
    const rows = async (): Promise<NodeRows> =>
      profiles === undefined ? projectedRows(model, features) : profileRows(profiles);
    const scored = await linkage(model, rows, knn, plan, { kAtHop, activeConnections }, services, checkpoint);
    const result = sharedFloat32(edges.targets.length);
    plan.links.forEach((link, s) => (result[link] = scored[s]));
    plan.from.forEach((link, e) => (result[e] = link === -1 ? 0 : result[link]));
    return result;
  } finally {
    await model.dispose();
  }
}

class LGcn implements TrainableScorer {
  private readonly file: WeightsFile;

  constructor(
    private readonly options: LGcnOptions,
    private readonly services: Services,
  ) {
    this.file = new WeightsFile(options.weights);
  }

  async score(proposals: Proposals, { features, knn }: StageContext, previousScores: Scores): Promise<Scores> {
    const edges = expectEdges(proposals, 'l-gcn');
    const weights = await this.file.weights();
    const scores = await lGcn(edges, { features, knn }, weights, this.options, this.services, this.options.weights);
    return { ...previousScores, proposals: scores };
  }

  train(examples: readonly TrainingExample[]): Promise<TrainingResult> {
    this.file.forget();
    return trainLGcn(examples, this.options, this.services);
  }
}

/** The values of all tensors, in the order of their names. */
function tensorsOf(weights: Weights): Float32Array[] {
  return [...weights.keys()].sort().map((name) => weights.get(name)!.values);
}

/** What keeps options and weights from being used; on features of a dimension not known yet, whether the weights fit each other. */
async function faults({ weights: file, trainingKAtHop }: LGcnOptions, dim: number | undefined) {
  const found: OptionProblem[] = [];
  if (trainingKAtHop.length === 1) {
    const wayOut = 'give both numbers, or none to train with kAtHop';
    found.push({ option: 'trainingKAtHop', fact: 'has one number, not two', wayOut });
  }
  const weights = await readWeights(file);
  const own = (weights.get('conv1.weight')?.shape[0] ?? 0) / 2;
  return [...found, ...weightFaults(lGcnModelOf(weights, dim ?? own), weights)];
}

export const lGcnStage = defineStage({
  kind: 'scorer',
  type: 'l-gcn',
  proposals: 'edges',
  knn: true,
  trainable: true,
  summary: 'Learned linkage of each instance to its nearest neighbours, by the sub-graph around it.',
  cost: 'O(n s (active hidden + hidden^2)) time for sub-graphs of s nodes, 8 n hidden + 24 n k bytes',
  reference: 'Wang et al., Linkage Based Face Clustering via Graph Convolution Network, CVPR 2019',
  options,
  check: (filled: LGcnOptions, { dim }) => faults(filled, dim),
  create: (filled: LGcnOptions, services) => new LGcn(filled, services),
});
