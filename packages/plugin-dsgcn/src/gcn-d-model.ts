import { profileModel, readsProfiles, type Layer, type Model, type Weights } from '@l2c/core';
import { graphLayers, hiddenOf } from './graph-layers.js';
import { memberColumns, type MemberInputs } from './member-rows.js';

export const pools = ['max', 'mean', 'sum'] as const;
export const networks = ['gcn', 'sgc'] as const;

/** What weights don't tell of a model. */
export interface GcnDShape {
  /** `gcn`: layers of weights with ReLU between them; `sgc`: the features propagated, without weights and ReLU. */
  readonly network: (typeof networks)[number];
  readonly pool: (typeof pools)[number];
  /** Columns of each layer; sgc propagates as often as there are layers. */
  readonly hidden: readonly number[];
  /** Share of the rows that each layer drops in training. */
  readonly dropout: number;
}

/**
 * GCN-D: graph convolutions over the members of a proposal, pooled to one row, and a linear layer to the score.
 * Yang et al., CVPR 2019, sec. 3.3; `sgc` after Wu et al., ICML 2019.
 *
 * @param dim of the features
 */
export function gcnDModel(reads: MemberInputs, dim: number, shape: GcnDShape): Model {
  const model = networkOf(memberColumns(reads, dim), shape);
  return reads === 'profiles' ? profileModel(model) : model;
}

function networkOf(inputs: number, { network, pool, hidden, dropout }: GcnDShape): Model {
  const aggregates = hidden.map((): Layer => ({ type: 'aggregate' }));
  const columns = network === 'gcn' ? hidden.at(-1)! : inputs;
  return {
    name: 'gcn-d',
    inputs,
    layers: [
      ...(network === 'gcn' ? graphLayers(inputs, hidden, dropout) : aggregates),
      { type: 'pool', reduce: pool },
      { type: 'linear', name: 'classifier', inputs: columns, outputs: 1, bias: true },
    ],
  };
}

/** The model whose weights these are, on features of `dim` dimensions: the weights decide on network and widths. */
export function gcnDModelOf(weights: Weights, dim: number, shape: Pick<GcnDShape, 'pool' | 'hidden'>): Model {
  const hidden = hiddenOf(weights);
  const network = hidden.length === 0 && weights.has('classifier.weight') ? 'sgc' : 'gcn';
  return gcnDModel(memberInputsOf(weights), dim, {
    network,
    pool: shape.pool,
    hidden: hidden.length === 0 ? shape.hidden : hidden,
    dropout: 0,
  });
}

/** Columns that the first layer with weights takes. */
export function columnsOf(weights: Weights): number {
  return weights.get('layers.0.gc.weight')?.shape[0] ?? weights.get('classifier.weight')?.shape[1] ?? 0;
}

/** What the weights read of a member. Those that take a single column see no features, only who is linked to whom. */
export function memberInputsOf(weights: Weights): MemberInputs {
  if (readsProfiles(weights)) return 'profiles';
  return columnsOf(weights) === 1 ? 'none' : 'features';
}
