import { linkProfileColumns, profileModel, readsProfiles, type Layer, type Model, type Weights } from '@l2c/core';

/**
 * L-GCN: a batch norm without scale and shift, four graph convolutions with ReLU, the last two half as wide, then, for the
 * nodes that are asked about alone, a classifier of two linear layers: log probabilities that a node is of another identity
 * than the pivot of its graph (column 0) or of the same (column 1). Wang et al., CVPR 2019, sec. 3.3.
 */
export function lGcnModel(dim: number, hidden: number): Model {
  const model = networkOf(dim, hidden);
  const norm = { type: 'batch-norm', name: 'bn0', channels: dim, affine: false, momentum: 0.1, epsilon: 1e-5 } as const;
  return { ...model, layers: [norm, ...model.layers] };
}

/** L-GCN over profiles of the links from the pivot to the nodes of its graph, instead of differences of features. */
export function lGcnProfileModel(hidden: number): Model {
  return profileModel(networkOf(linkProfileColumns, hidden));
}

/** The model whose weights these are, for features of `dim` dimensions: the weights decide what it reads and its hidden size. */
export function lGcnModelOf(weights: Weights, dim: number): Model {
  const hidden = weights.get('conv1.weight')?.shape.at(-1) ?? 512;
  return readsProfiles(weights) ? lGcnProfileModel(hidden) : lGcnModel(dim, hidden);
}

/** What follows the batch norm. */
function networkOf(inputs: number, hidden: number): Model {
  const half = Math.floor(hidden / 2);
  return {
    name: 'l-gcn',
    inputs,
    layers: [
      ...convolution('conv1', inputs, hidden),
      ...convolution('conv2', hidden, hidden),
      ...convolution('conv3', hidden, half),
      ...convolution('conv4', half, half),
      { type: 'select' },
      { type: 'linear', name: 'classifier.0', inputs: half, outputs: half, bias: true },
      { type: 'prelu', name: 'classifier.1', channels: half },
      { type: 'linear', name: 'classifier.2', inputs: half, outputs: 2, bias: true },
      { type: 'log-softmax' },
    ],
  };
}

function convolution(name: string, inputs: number, outputs: number): Layer[] {
  return [{ type: 'graph-convolution', name, inputs, outputs, aggregate: 'concat', bias: true }, { type: 'relu' }];
}
