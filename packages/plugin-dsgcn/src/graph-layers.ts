import type { Layer, Weights } from '@l2c/core';

/** Graph convolutions without bias, as wide as `hidden` says, each with a ReLU and dropout of whole rows behind it. */
export function graphLayers(inputs: number, hidden: readonly number[], dropout: number): Layer[] {
  return hidden.flatMap((outputs, index): Layer[] => [
    {
      type: 'graph-convolution',
      name: `layers.${index}.gc`,
      inputs: index === 0 ? inputs : hidden[index - 1],
      outputs,
      aggregate: 'replace',
      bias: false,
    },
    { type: 'relu' },
    { type: 'dropout', rate: dropout, of: 'rows' },
  ]);
}

/** The columns of each of these layers, as weights tell them. */
export function hiddenOf(weights: Weights): number[] {
  const hidden: number[] = [];
  for (let found; (found = weights.get(`layers.${hidden.length}.gc.weight`)) !== undefined;) {
    hidden.push(found.shape.at(-1) ?? 0);
  }
  return hidden;
}
