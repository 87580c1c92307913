import type { Model } from './layers.js';
import type { Weights } from './parameters.js';

/** What a model can read. */
export const modelInputs = ['features', 'profiles'] as const;
export type ModelInputs = (typeof modelInputs)[number];

/** The schema of the options of models that can read either. */
export const inputProperties = {
  inputs: {
    type: 'string',
    enum: [...modelInputs],
    default: 'features',
    description:
      'Training: what the model reads. The features, as in the paper; or profiles of similarities, ranks and shared neighbours, which hold for other identities and other features too. Trained weights bring their own.',
  },
  rotations: {
    type: 'boolean',
    default: false,
    description:
      'Training: turns all features at random before each epoch, so that no position can be learned by heart. Of no use to profiles.',
  },
} as const;

const normName = 'profile';

/** A model of profiles: their columns differ in scale, so each is brought to mean 0 and variance 1 first. */
export function profileModel(model: Model): Model {
  const channels = model.inputs;
  const norm = { type: 'batch-norm', name: normName, channels, affine: false, momentum: 0.1, epsilon: 1e-5 } as const;
  return { ...model, layers: [norm, ...model.layers] };
}

/** Whether weights are those of a {@link profileModel}. */
export function readsProfiles(weights: Weights): boolean {
  return weights.has(`${normName}.running_mean`);
}
