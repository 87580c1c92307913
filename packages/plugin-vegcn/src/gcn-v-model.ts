import { profileModel, readsProfiles, vertexProfileColumns, type Model, type Weights } from '@l2c/core';

/**
 * GCN-V: one graph convolution with ReLU, whose output is the embedding, then a regressor of two linear layers to the
 * confidence. Yang et al., CVPR 2020, sec. 3.2.
 */
export function gcnVModel(dim: number, hidden: number): Model {
  return {
    name: 'gcn-v',
    inputs: dim,
    layers: [
      { type: 'graph-convolution', name: 'conv1', inputs: dim, outputs: hidden, aggregate: 'concat', bias: true },
      { type: 'relu' },
      { type: 'tap', name: 'embedding' },
      { type: 'linear', name: 'classifier.0', inputs: hidden, outputs: hidden, bias: true },
      { type: 'prelu', name: 'classifier.1', channels: hidden },
      { type: 'linear', name: 'classifier.2', inputs: hidden, outputs: 1, bias: true },
    ],
  };
}

/** GCN-V over profiles of similarities instead of features. */
export function gcnVProfileModel(hidden: number): Model {
  return profileModel(gcnVModel(vertexProfileColumns, hidden));
}

/** The model whose weights these are, for features of `dim` dimensions: the weights decide what it reads and its hidden size. */
export function gcnVModelOf(weights: Weights, dim: number): Model {
  const hidden = weights.get('conv1.weight')?.shape.at(-1) ?? 512;
  return readsProfiles(weights) ? gcnVProfileModel(hidden) : gcnVModel(dim, hidden);
}
