import {
  ForwardModel,
  projectedRows,
  sharedFloat32,
  type ClusterProposals,
  type Features,
  type KnnGraph,
  type Services,
  type Weights,
} from '@l2c/core';
import { ClusterGraphs, proposalRanges } from './cluster-graphs.js';
import { gcnDModelOf, memberInputsOf, type GcnDShape } from './gcn-d-model.js';
import { hiddenOf } from './graph-layers.js';
import { memberRows, type MemberRows } from './member-rows.js';
import { usedInstances } from './used-instances.js';

/** Members of proposals that go through the model together. */
const batchRows = 1024;

/** What scoring depends on besides the weights. */
export interface ClusterScoring extends Pick<GcnDShape, 'pool' | 'hidden'> {
  readonly edgeWeights: boolean;
}

/** Where the proposals are from. */
export interface ClusterContext {
  readonly features: Features;
  readonly knn: KnnGraph;
}

/**
 * (P) float32: what GCN-D says of each proposal, whatever the others are: batches are not padded. The product of the first layer
 * is made once for every instance that is in a proposal. O(u dim hidden + (links + members hidden) hidden) time for u
 * such instances, 4 u hidden bytes. Yang et al., CVPR 2019, sec. 3.3.
 *
 * @param place where the weights are from, for messages
 * @throws L2cError E_WEIGHTS where weights don't fit the features
 */
export async function scoreClusters(
  proposals: ClusterProposals,
  { features, knn }: ClusterContext,
  weights: Weights,
  options: ClusterScoring,
  { compute, progress, signal }: Pick<Services, 'compute' | 'progress' | 'signal'>,
  place = '',
): Promise<Float32Array> {
  const inputs = memberInputsOf(weights);
  const shared = inputs === 'features' && hiddenOf(weights).length > 0;
  const model = await ForwardModel.open(gcnDModelOf(weights, features.dim, options), weights, compute, {
    place,
    shared,
    signal,
  });
  try {
    const count = proposals.offsets.length - 1;
    const scores = sharedFloat32(count);
    const graphs = new ClusterGraphs(proposals, knn, options.edgeWeights);
    const rows = shared
      ? await projectedRows(model, features, usedInstances(proposals))
      : memberRows(inputs, { features, knn });
    for await (const [{ first, last }, output] of model.outputs(batches(proposals, graphs, rows))) {
      signal.throwIfAborted();
      scores.set(output, first);
      progress.update(last, count, 'proposals');
    }
    return scores;
  } finally {
    await model.dispose();
  }
}

function* batches(proposals: ClusterProposals, graphs: ClusterGraphs, rows: MemberRows) {
  for (const { first, last } of proposalRanges(proposals, batchRows)) {
    const batch = graphs.batch(Int32Array.from({ length: last - first }, (_, at) => first + at));
    yield { rows: rows(batch), graph: batch.graph, first, last };
  }
}
