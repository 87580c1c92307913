import type { FitOptions } from '@l2c/core';

/** Options of the mediator that only training reads. */
export interface MediatorTrainingOptions {
  hidden: number;
  batchSize: number;
  epochs: number;
  learningRateSteps: number[];
  optimizer: 'sgd' | 'adam';
  learningRate: number;
  momentum: number;
  weightDecay: number;
  validation: number;
  patience: number;
  initialWeights: string;
  seed: number;
}

/** Their schema, but for `learningRateSteps`, a list with a default. */
export const mediatorTrainingProperties = {
  hidden: {
    type: 'integer',
    minimum: 0,
    default: 0,
    description:
      'Training: columns of both hidden layers; 0 = those of initialWeights, or three for each feature of a link. Trained weights bring their own.',
  },
  batchSize: {
    type: 'integer',
    minimum: 1,
    default: 1024,
    description: 'Training: links whose losses are averaged for one step.',
  },
  epochs: { type: 'integer', minimum: 1, default: 20, description: 'Training: how often each link is looked at.' },
  optimizer: {
    type: 'string',
    enum: ['adam', 'sgd'],
    default: 'adam',
    description: 'Training: Adam, or stochastic gradient descent.',
  },
  learningRate: {
    type: 'number',
    exclusiveMinimum: 0,
    default: 0.005,
    description: 'Training: the learning rate of the first epochs; sgd wants more, about 0.1.',
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

/** Steps of the learning rate are given as shares of the epochs: 0.5 of 20 is epoch 10, counted from 0. */
export function mediatorFitOptions(options: MediatorTrainingOptions): FitOptions {
  const { optimizer, epochs, learningRate, learningRateSteps, momentum, weightDecay, seed } = options;
  const milestones = learningRateSteps.map((share) => Math.floor(share * epochs + 1e-9));
  const patience = options.validation > 0 ? options.patience : 0;
  return { optimizer, epochs, learningRate, milestones, momentum, weightDecay, patience, seed };
}
