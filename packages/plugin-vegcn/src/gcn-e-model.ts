import { linkProfileColumns, profileModel, readsProfiles, type Layer, type Model, type Weights } from '@l2c/core';

/**
 * GCN-E: four graph convolutions with ReLU over the neighbours of an instance, the last two half as wide, then a classifier
 * of two linear layers: log probabilities that a neighbour is of another identity (column 0) or the same (column 1).
 * Yang et al., CVPR 2020, sec. 3.3.
 */
export function gcnEModel(dim: number, hidden: number): Model {
  const half = Math.floor(hidden / 2);
  return {
    name: 'gcn-e',
    inputs: dim,
    layers: [
      ...convolution('conv1', dim, hidden),
      ...convolution('conv2', hidden, hidden),
      ...convolution('conv3', hidden, half),
      ...convolution('conv4', half, half),
      { type: 'linear', name: 'classifier.0', inputs: half, outputs: half, bias: true },
      { type: 'prelu', name: 'classifier.1', channels: half },
      { type: 'linear', name: 'classifier.2', inputs: half, outputs: 2, bias: true },
      { type: 'log-softmax' },
    ],
  };
}

/** GCN-E over profiles of the links from the instance to its neighbours, instead of differences of features. */
export function gcnEProfileModel(hidden: number): Model {
  return profileModel(gcnEModel(linkProfileColumns, hidden));
}

/** The model whose weights these are, for features of `dim` dimensions: the weights decide what it reads and its hidden size. */
export function gcnEModelOf(weights: Weights, dim: number): Model {
  const hidden = weights.get('conv1.weight')?.shape.at(-1) ?? 512;
  return readsProfiles(weights) ? gcnEProfileModel(hidden) : gcnEModel(dim, hidden);
}

function convolution(name: string, inputs: number, outputs: number): Layer[] {
  return [{ type: 'graph-convolution', name, inputs, outputs, aggregate: 'concat', bias: true }, { type: 'relu' }];
}
