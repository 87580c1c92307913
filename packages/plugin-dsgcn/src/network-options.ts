import { trainingOptionNames, type TrainingDefaults, type TrainingOptions } from '@l2c/core';

/** What both models let their users choose. */
export interface NetworkOptions extends TrainingOptions {
  edgeWeights: boolean;
  hidden: number[];
  dropout: number;
  batchSize: number;
}

export const networkOptionNames = ['edgeWeights', 'hidden', 'dropout', 'batchSize', ...trainingOptionNames] as const;

/** The schema of those that are not of every training. */
export const networkProperties = {
  edgeWeights: {
    type: 'boolean',
    default: true,
    description: 'Members are linked by their similarity; otherwise every link weighs 1.',
  },
  hidden: {
    type: 'array',
    items: { type: 'integer', minimum: 1 },
    minItems: 1,
    default: [512, 64] as number[],
    description: 'Training: columns of each layer. Trained weights bring their own.',
  },
  dropout: {
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.5,
    description: 'Training: share of the members whose row each layer leaves out, drawn anew at each step.',
  },
  batchSize: {
    type: 'integer',
    minimum: 1,
    default: 32,
    description: 'Training: proposals that one step looks at.',
  },
} as const;

/** The schedule of the paper, for the options of training. */
export const paperSchedule: TrainingDefaults = {
  epochs: 30,
  epoch: 'how often each proposal is looked at.',
  learningRateSteps: [0.5, 0.8, 0.934],
  optimizer: 'sgd',
  learningRate: 0.01,
};

/** The weight decay of the paper, in place of that of the other training options. */
export const paperWeightDecay = {
  type: 'number',
  minimum: 0,
  default: 1e-4,
  description: 'Training: this share of each weight is added to its gradient.',
} as const;
