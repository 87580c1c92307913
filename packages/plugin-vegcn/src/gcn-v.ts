import {
  defineStage,
  density,
  Features,
  ForwardModel,
  inputProperties,
  readsProfiles,
  sharedFloat32,
  SimilarityProfiles,
  trainingOptionNames,
  trainingProperties,
  WeightsFile,
  type KnnGraph,
  type ModelInputs,
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
import { confidenceTargets, type ConfidenceTarget } from './confidence-targets.js';
import { fallbackTrainingFaults, fallbackOf, fallbackProperty, type Fallback } from './fallback.js';
import { gcnVModelOf } from './gcn-v-model.js';
import { trainGcnV } from './gcn-v-training.js';
import { knnAdjacency } from './knn-adjacency.js';
import { knnLinks } from './knn-links.js';
import { fileFaults } from './file-faults.js';

export interface GcnVOptions extends TrainingOptions {
  weights: string;
  minSimilarity: number;
  target: ConfidenceTarget;
  fallback: Fallback;
  inputs: ModelInputs;
  rotations: boolean;
  hidden: number;
  batchSize: number;
  fanout: number;
}

const options: OptionsSchema<GcnVOptions> = {
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
    target: {
      type: 'string',
      enum: [...confidenceTargets],
      default: 's_nbr',
      description: 'Training: the confidence to be learned.',
    },
    fallback: {
      ...fallbackProperty,
      description:
        'Training: where the weights show no gain on the identities held out, `raw` keeps the density of neighbours as confidence and the features as embedding.',
    },
    ...inputProperties,
    hidden: {
      type: 'integer',
      minimum: 1,
      default: 512,
      description: 'Training: columns of the embedding. Trained weights bring their own.',
    },
    batchSize: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description:
        'Training: instances of one step; 0 = all of the graph, as in the paper. Graphs that do not fit want 1000 or more.',
    },
    fanout: {
      type: 'integer',
      minimum: 0,
      default: 10,
      description: 'Training: with a batchSize, so many neighbours of each instance are drawn at each step; 0 = all.',
    },
    ...trainingProperties({
      epochs: 1000,
      epoch: 'how often each instance is looked at. The paper makes 80000 steps of the whole graph.',
      learningRateSteps: [0.5, 0.8, 0.9],
      optimizer: 'sgd',
      learningRate: 0.1,
    }),
  },
  required: [
    'weights',
    'minSimilarity',
    'target',
    'fallback',
    'inputs',
    'rotations',
    'hidden',
    'batchSize',
    'fanout',
    ...trainingOptionNames,
  ],
};

/** What GCN-V says of each instance. */
export interface VertexConfidence {
  /** (n) float32, higher = more surely of one identity with its neighbours. */
  readonly vertices: Float32Array;
  /**
   * (n x hidden) the hidden features, rows normalised; a row without any active feature is zero. The features themselves where
   * the model reads profiles (what it has of an instance then says nothing of who it is), or where the weights gave way.
   */
  readonly embedding: Features;
}

/**
 * The confidence of every instance by its features and those of its neighbours, over the whole graph at once.
 * O(n (k dim + dim hidden + hidden^2)) time; besides the result it holds A and A x. Yang et al., CVPR 2020, sec. 3.2.
 * Weights that gave way in training (`fallback: raw`) leave the density of the neighbours, {@link rawConfidence}.
 *
 * @param place where the weights are from, for messages
 * @throws L2cError E_WEIGHTS where weights don't fit the features
 */
export async function gcnV(
  features: Features,
  knn: KnnGraph,
  weights: Weights,
  { minSimilarity }: Pick<GcnVOptions, 'minSimilarity'>,
  services: Pick<Services, 'compute' | 'progress' | 'signal'>,
  place = '',
): Promise<VertexConfidence> {
  const maxDistance = fallbackOf(weights);
  if (maxDistance !== undefined) return { vertices: rawConfidence(knn, maxDistance), embedding: features };
  const { compute, progress, signal } = services;
  const { n } = features;
  const model = await ForwardModel.open(gcnVModelOf(weights, features.dim), weights, compute, { place, signal });
  try {
    const adjacency = knnAdjacency(knn, minSimilarity);
    const vertices = sharedFloat32(n);
    const profiles = readsProfiles(weights) ? new SimilarityProfiles(knn).vertices() : undefined;
    const embedding = profiles === undefined ? Features.allocate(n, weights.get('conv1.weight')!.shape[1]) : features;
    const confidences = await model.run(
      profiles ?? features,
      { adjacency },
      {
        embedding: (values, start, count) => {
          if (profiles === undefined) normaliseRows(values, embedding, start, count);
          progress.update(start + count, n, 'faces');
        },
      },
    );
    vertices.set(confidences);
    return { vertices, embedding };
  } finally {
    await model.dispose();
  }
}

/** (n) float32: the confidence without a model, how crowded the surroundings of each instance are. See `density` of core. */
export function rawConfidence(knn: KnnGraph, maxDistance: number): Float32Array {
  return density(knnLinks(knn), { maxDistance, measure: 'similarity' });
}

/** Writes rows divided by their norm, in float32 as the features were; zero rows stay zero. */
function normaliseRows(values: Float32Array, target: Features, start: number, count: number): void {
  const { dim } = target;
  for (let r = 0; r < count; r++) {
    const row = target.row(start + r);
    const from = r * dim;
    let sum = 0;
    for (let c = 0; c < dim; c++) sum += values[from + c] * values[from + c];
    const norm = Math.fround(Math.sqrt(sum));
    if (norm > 0) for (let c = 0; c < dim; c++) row[c] = values[from + c] / norm;
  }
}

class GcnV implements TrainableScorer {
  private readonly file: WeightsFile;

  constructor(
    private readonly options: GcnVOptions,
    private readonly services: Services,
  ) {
    this.file = new WeightsFile(options.weights);
  }

  async score(_proposals: Proposals, { features, knn }: StageContext, previousScores: Scores): Promise<Scores> {
    if (knn === undefined) throw new RangeError('gcn-v without a kNN graph');
    const weights = await this.file.weights();
    if (fallbackOf(weights) !== undefined) {
      this.services.log.warn('gcn-v: showed no gain when it was trained, the density of neighbours is the confidence');
      this.services.record('fallback', 'raw');
    }
    return {
      ...previousScores,
      ...(await gcnV(features, knn, weights, this.options, this.services, this.options.weights)),
    };
  }

  train(examples: readonly TrainingExample[]): Promise<TrainingResult> {
    this.file.forget();
    return trainGcnV(examples, this.options, this.services);
  }
}

export const gcnVStage = defineStage({
  kind: 'scorer',
  type: 'gcn-v',
  proposals: 'edges',
  knn: true,
  gives: ['vertices', 'embedding'],
  trainable: true,
  summary: 'Learned confidence of each instance, and an embedding for the next round.',
  cost: 'O(n (k dim + dim hidden + hidden^2)) time, 4 n (dim + hidden) + 16 n k bytes',
  reference: 'Yang et al., Learning to Cluster Faces via Confidence and Connectivity Estimation, CVPR 2020, sec. 3.2',
  options,
  check: ({ weights }: GcnVOptions, { dim }) => fileFaults(weights, gcnVModelOf, dim),
  checkTraining: (filled: GcnVOptions) => fallbackTrainingFaults(filled),
  create: (filled: GcnVOptions, services) => new GcnV(filled, services),
});
