import type { Model, Weights } from '@l2c/core';

/**
 * The mediator: a perceptron of two hidden layers over the features of a link, to the log probabilities that its ends are of
 * different identities (column 0) or of one (column 1). Zhan et al., ECCV 2018, sec. 3.
 */
export function mediatorModel(inputs: number, hidden: number): Model {
  return {
    name: 'mediator',
    inputs,
    layers: [
      { type: 'linear', name: 'fc1', inputs, outputs: hidden, bias: true },
      { type: 'relu' },
      { type: 'linear', name: 'fc2', inputs: hidden, outputs: hidden, bias: true },
      { type: 'relu' },
      { type: 'linear', name: 'fc_last', inputs: hidden, outputs: 2, bias: true },
      { type: 'log-softmax' },
    ],
  };
}

/** The model whose weights these are, for links of `inputs` features: the weights decide its hidden size. */
export function mediatorModelOf(weights: Weights, inputs: number): Model {
  return mediatorModel(inputs, weights.get('fc1.weight')?.shape[0] ?? 3 * inputs);
}
