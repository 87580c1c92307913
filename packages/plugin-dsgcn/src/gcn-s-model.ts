import type { Model, Weights } from '@l2c/core';
import { graphLayers, hiddenOf } from './graph-layers.js';

/**
 * GCN-S: graph convolutions over the members of a proposal and a linear layer to log probabilities that a member is a stranger
 * (column 0) or belongs (column 1). Yang et al., CVPR 2019, sec. 3.4.
 */
export function gcnSModel(inputs: number, hidden: readonly number[], dropout: number): Model {
  return {
    name: 'gcn-s',
    inputs,
    layers: [
      ...graphLayers(inputs, hidden, dropout),
      { type: 'linear', name: 'classifier', inputs: hidden.at(-1)!, outputs: 2, bias: true },
      { type: 'log-softmax' },
    ],
  };
}

/** What a member's row is made of. */
export interface MemberInputs {
  /** The row is a 1 in place of the features. */
  readonly featureless: boolean;
  /** A last column is 1 for the seed vertex alone. */
  readonly seeded: boolean;
}

/** The inputs of weights for features of `dim` dimensions. Those that fit none are taken for the plain ones. */
export function memberInputsOf(weights: Weights, dim: number): MemberInputs {
  const columns = weights.get('layers.0.gc.weight')?.shape[0] ?? dim;
  const featureless = columns <= 2 && dim > 2;
  return { featureless, seeded: columns === (featureless ? 2 : dim + 1) };
}

/** The model whose weights these are, on features of `dim` dimensions: the weights decide on inputs and widths. */
export function gcnSModelOf(weights: Weights, dim: number): Model {
  const hidden = hiddenOf(weights);
  return gcnSModel(columnsOf(memberInputsOf(weights, dim), dim), hidden.length === 0 ? [512, 64] : hidden, 0);
}

export function columnsOf({ featureless, seeded }: MemberInputs, dim: number): number {
  return (featureless ? 1 : dim) + (seeded ? 1 : 0);
}
