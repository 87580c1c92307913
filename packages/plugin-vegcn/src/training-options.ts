import type { FitOptions } from '@l2c/core';

/** Options of training that GCN-V and GCN-E share. */
export interface TrainingOptions {
  optimizer: 'sgd' | 'adam';
  epochs: number;
  learningRate: number;
  learningRateSteps: number[];
  momentum: number;
  weightDecay: number;
  validation: number;
  patience: number;
  initialWeights: string;
  seed: number;
}

/** Their schema, but for `epochs` and `learningRateSteps`, whose defaults differ. */
export const trainingProperties = {
  optimizer: {
    type: 'string',
    enum: ['sgd', 'adam'],
    default: 'sgd',
    description: 'Training: stochastic gradient descent as in the paper, or Adam.',
  },
  learningRate: {
    type: 'number',
    exclusiveMinimum: 0,
    default: 0.1,
    description: 'Training: the learning rate of the first epochs; Adam wants less, about 0.01.',
  },
  momentum: {
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.9,
    description: 'Training: how much of the last step the next one keeps, with sgd.',
  },
  weightDecay: {
    type: 'number',
    minimum: 0,
    default: 1e-5,
    description: 'Training: this share of each weight is added to its gradient.',
  },
  validation: {
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0,
    description: 'Training: this share of the identities is held out, to stop on; 0 = none.',
  },
  patience: {
    type: 'integer',
    minimum: 0,
    default: 0,
    description:
      'Training: stops after so many epochs without a lower loss on the identities held out, and keeps the best weights; 0 = never.',
  },
  initialWeights: {
    type: 'string',
    format: 'path',
    default: '',
    description: 'Training: weights to start from; drawn by the seed where empty.',
  },
  seed: { type: 'integer', minimum: 0, default: 1, description: 'Training: of the first weights and of all choices.' },
} as const;

/** Steps are given as shares of the epochs: 0.5 of 50 is epoch 25, counted from 0. */
export function fitOptions(options: TrainingOptions): FitOptions {
  const { optimizer, epochs, learningRate, learningRateSteps, momentum, weightDecay, seed } = options;
  const milestones = learningRateSteps.map((share) => Math.floor(share * epochs + 1e-9));
  const patience = options.validation > 0 ? options.patience : 0;
  return { optimizer, epochs, learningRate, milestones, momentum, weightDecay, patience, seed };
}
