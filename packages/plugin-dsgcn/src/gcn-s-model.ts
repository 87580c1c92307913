import { profileModel, readsProfiles, type Model, type Weights } from '@l2c/core';
import { graphLayers, hiddenOf } from './graph-layers.js';
import { seededProfileColumns } from './member-profiles.js';
import { memberColumns, type MemberInputs } from './member-rows.js';

/**
 * GCN-S: graph convolutions over the members of a proposal and a linear layer to log probabilities that a member is a stranger
 * (column 0) or belongs (column 1). Yang et al., CVPR 2019, sec. 3.4.
 *
 * @param dim of the features
 */
export function gcnSModel(reads: SeededInputs, dim: number, hidden: readonly number[], dropout: number): Model {
  const inputs = memberColumns(reads.inputs, dim, reads.seeded);
  const model: Model = {
    name: 'gcn-s',
    inputs,
    layers: [
      ...graphLayers(inputs, hidden, dropout),
      { type: 'linear', name: 'classifier', inputs: hidden.at(-1)!, outputs: 2, bias: true },
      { type: 'log-softmax' },
    ],
  };
  return reads.inputs === 'profiles' ? profileModel(model) : model;
}

/** What a member's row is made of. */
export interface SeededInputs {
  readonly inputs: MemberInputs;
  /** It tells the seed vertex: a last column is 1 for that alone, or the row of a profile has that of the link from it. */
  readonly seeded: boolean;
}

/** The inputs of weights for features of `dim` dimensions. Those that fit none are taken for the plain ones. */
export function seededInputsOf(weights: Weights, dim: number): SeededInputs {
  const columns = weights.get('layers.0.gc.weight')?.shape[0] ?? dim;
  if (readsProfiles(weights)) return { inputs: 'profiles', seeded: columns === seededProfileColumns };
  const featureless = columns <= 2 && dim > 2;
  return { inputs: featureless ? 'none' : 'features', seeded: columns === (featureless ? 2 : dim + 1) };
}

/** The model whose weights these are, on features of `dim` dimensions: the weights decide on inputs and widths. */
export function gcnSModelOf(weights: Weights, dim: number): Model {
  const hidden = hiddenOf(weights);
  return gcnSModel(seededInputsOf(weights, dim), dim, hidden.length === 0 ? [512, 64] : hidden, 0);
}
