import {
  defineStage,
  expectEdges,
  ForwardModel,
  inputProperties,
  problem,
  profileRows,
  projectedRows,
  readsProfiles,
  sharedFloat32,
  SimilarityProfiles,
  trainingOptionNames,
  trainingProperties,
  WeightsFile,
  type EdgeProposals,
  type Features,
  type KnnGraph,
  type ModelInputs,
  type OptionsSchema,
  type Proposals,
  type Scores,
  type NodeRows,
  type Services,
  type UsedRows,
  type StageContext,
  type TrainableScorer,
  type TrainingExample,
  type TrainingOptions,
  type TrainingResult,
  type Weights,
} from '@l2c/core';
import { fallbackTrainingFaults, fallbackOf, fallbackProperty, type Fallback } from './fallback.js';
import { gcnEModelOf } from './gcn-e-model.js';
import { trainGcnE } from './gcn-e-training.js';
import { connectivity } from './connectivity.js';
import { keepBestLinks, linkScores, type LinkScores } from './link-scores.js';
import type { SubGraphOptions } from './sub-graphs.js';
import { fileFaults } from './file-faults.js';

export interface GcnEOptions extends TrainingOptions, SubGraphOptions {
  weights: string;
  minSimilarity: number;
  maxConnections: number;
  trainingIgnoreRatio: number;
  fallback: Fallback;
  inputs: ModelInputs;
  rotations: boolean;
  hidden: number;
  batchSize: number;
}

const options: OptionsSchema<GcnEOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    weights: {
      type: 'string',
      format: 'weights',
      description: 'The trained weights: .safetensors, .npz or .pth. `l2c train` writes them.',
    },
    minSimilarity: {
      type: 'number',
      minimum: -1,
      maximum: 1,
      default: 0,
      description: 'Neighbours of a lower cosine similarity are not propagated over.',
    },
    ignoreRatio: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.8,
      description: 'This share of the instances keeps the similarity of its links: they are settled without the model.',
    },
    ignoreSmallConfidence: {
      type: 'boolean',
      default: true,
      description: 'The instances of smallest confidence are those left out; otherwise those of largest.',
    },
    candidatesOnly: {
      type: 'boolean',
      default: true,
      description:
        'The model looks at the more confident neighbours of an instance alone; otherwise at all its neighbours.',
    },
    maxConnections: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description:
        'Of each instance only so many links keep their score, the highest ones; the others get 0. 0 = all do.',
    },
    trainingIgnoreRatio: {
      type: 'number',
      minimum: -1,
      maximum: 1,
      default: -1,
      description: 'Training: takes the place of ignoreRatio; below 0 it is the same.',
    },
    fallback: {
      ...fallbackProperty,
      description:
        'Training: where the weights show no gain on the identities held out, `raw` keeps the similarity of every link as its score.',
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
      default: 32,
      description: 'Training: sub-graphs whose losses are averaged for one step.',
    },
    ...trainingProperties({
      epochs: 40,
      epoch: 'how often each sub-graph is looked at.',
      learningRateSteps: [0.5, 0.8, 0.9],
      optimizer: 'sgd',
      learningRate: 0.1,
    }),
  },
  required: [
    'weights',
    'minSimilarity',
    'ignoreRatio',
    'ignoreSmallConfidence',
    'candidatesOnly',
    'maxConnections',
    'trainingIgnoreRatio',
    'fallback',
    'inputs',
    'rotations',
    'hidden',
    'batchSize',
    ...trainingOptionNames,
  ],
};

/**
 * (m) float32: how surely a link leads to the same identity. A link of an instance with a sub-graph scores the probability
 * the model gives it, a link of any other its similarity; a link to a neighbour that is not more confident scores 0.
 * O(rows (k hidden + hidden^2)) for all rows of all sub-graphs; a batch of them is in memory at a time, beside the first product
 * of all instances (8 n hidden bytes). Yang et al., CVPR 2020, sec. 3.3. Weights that gave way in training (`fallback: raw`) leave
 * links their similarity.
 *
 * @throws L2cError E_WEIGHTS where weights don't fit the features
 */
export async function gcnE(
  edges: EdgeProposals,
  { features, knn }: Required<Pick<StageContext, 'features' | 'knn'>>,
  confidences: Float32Array,
  weights: Weights,
  options: SubGraphOptions & Pick<GcnEOptions, 'minSimilarity' | 'maxConnections'>,
  services: Pick<Services, 'compute' | 'progress' | 'signal'>,
  place = '',
): Promise<Float32Array> {
  const scores = linkScores(edges, confidences);
  if (knn === undefined) throw new RangeError('gcn-e without a kNN graph');
  if (fallbackOf(weights) === undefined) {
    await scoreSubGraphs(scores, { features, knn }, confidences, weights, options, services, place);
  }
  const result = sharedFloat32(edges.targets.length);
  result.set(scores.values);
  if (options.maxConnections > 0) keepBestLinks(edges, result, options.maxConnections);
  return result;
}

/** Gives the links of every instance with a sub-graph the probabilities of the model. */
async function scoreSubGraphs(
  scores: LinkScores,
  { features, knn }: { readonly features: Features; readonly knn: KnnGraph },
  confidences: Float32Array,
  weights: Weights,
  options: SubGraphOptions & Pick<GcnEOptions, 'minSimilarity'>,
  services: Pick<Services, 'compute' | 'progress' | 'signal'>,
  place: string,
): Promise<void> {
  const profiles = readsProfiles(weights) ? new SimilarityProfiles(knn) : undefined;
  const model = await ForwardModel.open(gcnEModelOf(weights, features.dim), weights, services.compute, {
    place,
    shared: profiles === undefined,
    signal: services.signal,
  });
  try {
    const rows = async (used: UsedRows): Promise<NodeRows> =>
      profiles === undefined ? projectedRows(model, features, used) : profileRows(profiles);
    await connectivity(model, rows, knn, confidences, options, services, (found) => scores.take(found));
  } finally {
    await model.dispose();
  }
}

class GcnE implements TrainableScorer {
  private readonly file: WeightsFile;

  constructor(
    private readonly options: GcnEOptions,
    private readonly services: Services,
  ) {
    this.file = new WeightsFile(options.weights);
  }

  async score(proposals: Proposals, { features, knn }: StageContext, previousScores: Scores): Promise<Scores> {
    const edges = expectEdges(proposals, 'gcn-e');
    const confidences = confidencesOf(previousScores);
    const weights = await this.file.weights();
    if (fallbackOf(weights) !== undefined) {
      this.services.log.warn('gcn-e: showed no gain when it was trained, links keep their similarity');
      this.services.record('fallback', 'raw');
    }
    const context = { features, knn };
    const scores = await gcnE(edges, context, confidences, weights, this.options, this.services, this.options.weights);
    return { ...previousScores, proposals: scores };
  }

  train(examples: readonly TrainingExample[]): Promise<TrainingResult> {
    this.file.forget();
    return trainGcnE(examples, this.options, this.services);
  }
}

/** @throws L2cError E_STAGE where no scorer gave them */
export function confidencesOf({ vertices }: Scores): Float32Array {
  if (vertices !== undefined) return vertices;
  throw problem(
    'E_STAGE',
    'gcn-e',
    'no scorer gave a confidence per instance',
    'add one that does before it, or in an earlier round: gcn-v or density',
  );
}

export const gcnEStage = defineStage({
  kind: 'scorer',
  type: 'gcn-e',
  proposals: 'edges',
  knn: true,
  vertices: true,
  trainable: true,
  summary: 'Learned connectivity of each instance to its more confident neighbours.',
  cost: 'O(c k (k hidden + hidden^2)) time for c instances that are not ignored, 8 n hidden + 16 n k bytes',
  reference: 'Yang et al., Learning to Cluster Faces via Confidence and Connectivity Estimation, CVPR 2020, sec. 3.3',
  options,
  check: ({ weights }: GcnEOptions, { dim }) => fileFaults(weights, gcnEModelOf, dim),
  checkTraining: (filled: GcnEOptions) => fallbackTrainingFaults(filled),
  create: (filled: GcnEOptions, services) => new GcnE(filled, services),
});
