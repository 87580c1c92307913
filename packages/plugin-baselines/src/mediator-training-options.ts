import { trainingProperties, type TrainingOptions, type TrainingProperties } from '@l2c/core';

/** Options of the mediator that only training reads. */
export interface MediatorTrainingOptions extends TrainingOptions {
  hidden: number;
  batchSize: number;
}

const ownProperties = {
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
} as const;

/** Their schema. */
export const mediatorTrainingProperties: typeof ownProperties & TrainingProperties = {
  ...ownProperties,
  ...trainingProperties({
    epochs: 20,
    epoch: 'how often each link is looked at.',
    learningRateSteps: [0.5, 0.8],
    optimizer: 'adam',
    learningRate: 0.005,
  }),
};
