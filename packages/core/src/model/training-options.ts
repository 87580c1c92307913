import type { JSONSchemaType } from 'ajv';
import type { FitOptions } from './fit.js';

/** What every trainable scorer lets its users choose; a stage adds what is its own: hidden size, batches, targets. */
export interface TrainingOptions {
  epochs: number;
  /** Shares of the epochs after which the learning rate falls to a tenth. */
  learningRateSteps: number[];
  optimizer: 'sgd' | 'adam';
  learningRate: number;
  momentum: number;
  weightDecay: number;
  /** Share of the identities that is held out. */
  validation: number;
  patience: number;
  /** Path of weights to start from; '' = none. */
  initialWeights: string;
  seed: number;
}

/** For the list of required options of a stage's schema. */
export const trainingOptionNames = [
  'epochs',
  'learningRateSteps',
  'optimizer',
  'learningRate',
  'momentum',
  'weightDecay',
  'validation',
  'patience',
  'initialWeights',
  'seed',
] as const satisfies readonly (keyof TrainingOptions)[];

/** Where stages differ. */
export interface TrainingDefaults {
  readonly epochs: number;
  /** What an epoch of this stage is, after "Training: ". */
  readonly epoch: string;
  readonly learningRateSteps: readonly number[];
  readonly optimizer: 'sgd' | 'adam';
  readonly learningRate: number;
}

export type TrainingProperties = { readonly [Name in keyof TrainingOptions]: JSONSchemaType<TrainingOptions[Name]> };

/** The schema of {@link TrainingOptions}, to be spread into the properties of a stage's options. */
export function trainingProperties(defaults: TrainingDefaults): TrainingProperties {
  return {
    epochs: { type: 'integer', minimum: 1, default: defaults.epochs, description: `Training: ${defaults.epoch}` },
    learningRateSteps: {
      type: 'array',
      items: { type: 'number', minimum: 0, maximum: 1 },
      default: [...defaults.learningRateSteps],
      description: 'Training: after these shares of the epochs the learning rate falls to a tenth.',
    },
    optimizer: {
      type: 'string',
      enum: ['sgd', 'adam'],
      default: defaults.optimizer,
      description: 'Training: stochastic gradient descent with momentum, or Adam.',
    },
    learningRate: {
      type: 'number',
      exclusiveMinimum: 0,
      default: defaults.learningRate,
      description: 'Training: the learning rate of the first epochs. Try 0.1 with sgd, 0.005 to 0.01 with adam.',
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
      description: 'Training: this share of the identities is held out, to judge the weights by; 0 = none.',
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
    seed: {
      type: 'integer',
      minimum: 0,
      default: 1,
      description: 'Training: of the first weights and of all choices.',
    },
  };
}

/**
 * The options as `fit` takes them: steps given as shares of the epochs become epochs (0.5 of 50 is epoch 25, counted from 0),
 * and without held-out identities there is nothing to be patient with.
 */
export function fitOptions(options: TrainingOptions): FitOptions {
  const { optimizer, epochs, learningRate, learningRateSteps, momentum, weightDecay, seed } = options;
  const milestones = learningRateSteps.map((share) => Math.floor(share * epochs + 1e-9));
  const patience = options.validation > 0 ? options.patience : 0;
  return { optimizer, epochs, learningRate, milestones, momentum, weightDecay, patience, seed };
}
