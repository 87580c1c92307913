import {
  defineStage,
  expectClusters,
  trainingProperties,
  WeightsFile,
  type OptionsSchema,
  type Proposals,
  type Scores,
  type Services,
  type StageContext,
  type TrainableScorer,
  type TrainingExample,
  type TrainingResult,
} from '@l2c/core';
import { columnsOf, gcnDModelOf, networks, pools, type GcnDShape } from './gcn-d-model.js';
import { trainGcnD } from './gcn-d-training.js';
import { knnOf } from './labelled-clusters.js';
import {
  networkOptionNames,
  networkProperties,
  paperSchedule,
  paperWeightDecay,
  type NetworkOptions,
} from './network-options.js';
import { memberInputsProperty, type MemberInputs } from './member-rows.js';
import { scoreClusters } from './score-clusters.js';
import { targets, withoutMarks, type Target } from './trained-for.js';
import { fileFaults } from './file-faults.js';

export interface GcnDOptions extends NetworkOptions {
  weights: string;
  target: Target;
  pool: GcnDShape['pool'];
  network: GcnDShape['network'];
  inputs: MemberInputs;
}

const options: OptionsSchema<GcnDOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    weights: {
      type: 'string',
      format: 'weights',
      description: 'The trained weights: .safetensors, .npz or .pth. `l2c train` writes them.',
    },
    target: {
      type: 'string',
      enum: [...targets],
      default: 'iou',
      description:
        'What a set P is scored by against its majority identity G: iou is |P and G| / |P or G|, iop is |P and G| / |P|.',
    },
    pool: {
      type: 'string',
      enum: [...pools],
      default: 'max',
      description: 'How the rows of the members become one. Trained weights need the one they were trained with.',
    },
    network: {
      type: 'string',
      enum: [...networks],
      default: 'gcn',
      description:
        'Training: gcn has weights and a ReLU in each layer, sgc propagates the features and has a last layer alone. Trained weights bring their own; those of sgc propagate as often as hidden has members.',
    },
    inputs: {
      ...memberInputsProperty,
      description: `${memberInputsProperty.description} Of none, pooled by max or mean, all sets score alike; only sum tells sizes apart.`,
    },
    ...networkProperties,
    ...trainingProperties(paperSchedule),
    weightDecay: paperWeightDecay,
  },
  required: ['weights', 'target', 'pool', 'network', 'inputs', ...networkOptionNames],
};

class GcnD implements TrainableScorer {
  private readonly file: WeightsFile;

  constructor(
    private readonly options: GcnDOptions,
    private readonly services: Services,
  ) {
    this.file = new WeightsFile(options.weights, withoutMarks);
  }

  async score(proposals: Proposals, context: StageContext, previousScores: Scores): Promise<Scores> {
    const clusters = expectClusters(proposals, 'gcn-d');
    const { features } = context;
    const knn = knnOf(context, 'gcn-d');
    const weights = await this.file.weights();
    const place = this.options.weights;
    const scores = await scoreClusters(clusters, { features, knn }, weights, this.options, this.services, place);
    return { ...previousScores, proposals: scores };
  }

  train(examples: readonly TrainingExample[]): Promise<TrainingResult> {
    this.file.forget();
    return trainGcnD(examples, this.options, this.services);
  }
}

export const gcnDStage = defineStage({
  kind: 'scorer',
  type: 'gcn-d',
  proposals: 'clusters',
  knn: true,
  trainable: true,
  summary: 'Learned quality of each proposed set: how well it would fit one identity.',
  cost: 'O(u dim hidden + (links + members hidden) hidden) time for u instances in proposals, 4 u hidden bytes',
  reference: 'Yang et al., Learning to Cluster Faces on an Affinity Graph, CVPR 2019, sec. 3.3',
  options,
  check: ({ weights, target, pool, hidden }: GcnDOptions, { dim }) =>
    fileFaults('weights', weights, (found) => gcnDModelOf(found, dim ?? columnsOf(found), { pool, hidden }), {
      target,
      pool,
    }),
  create: (filled: GcnDOptions, services) => new GcnD(filled, services),
});
