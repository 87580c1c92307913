import type { ForwardModel, KnnGraph, NodeRows, Services } from '@l2c/core';
import { knnAdjacency } from './knn-adjacency.js';
import { SubGraphBatcher, subGraphs, type SubGraphOptions } from './sub-graphs.js';

/** Rows of sub-graphs that go through the model together: few enough to stay in the caches from step to step. */
const batchRows = 1024;

/** What the model says of the sub-graph of one instance. */
export interface Connectivity {
  readonly pivot: number;
  /** Its nodes, nearest first. */
  readonly members: Int32Array;
  /** (members x 2) log probabilities of another and of the same identity. */
  readonly logProbabilities: Float32Array;
}

/**
 * Runs GCN-E over the sub-graph of every instance that gets one, many at a time, in the order of the instances.
 * `take` gets views that are valid until it returns.
 */
export async function connectivity(
  model: ForwardModel,
  rowsOfNodes: NodeRows,
  knn: KnnGraph,
  confidences: Float32Array,
  options: SubGraphOptions & { readonly minSimilarity: number },
  { progress, signal }: Pick<Services, 'progress' | 'signal'>,
  take: (found: Connectivity) => void,
): Promise<void> {
  const all = subGraphs(knn, confidences, options);
  const count = all.pivots.length;
  if (count === 0) return;
  for await (const [batch, output] of model.outputs(batches())) {
    const { graph, members, first } = batch;
    signal.throwIfAborted();
    for (let at = 0; at + 1 < graph.graphs.length; at++) {
      const [start, end] = [graph.graphs[at], graph.graphs[at + 1]];
      take({
        pivot: all.pivots[first + at],
        members: members.subarray(start, end),
        logProbabilities: output.subarray(2 * start, 2 * end),
      });
    }
    progress.update(first + graph.graphs.length - 1, count);
  }

  function* batches() {
    const batcher = new SubGraphBatcher(all, knnAdjacency(knn, options.minSimilarity));
    for (let first = 0; first < count;) {
      let last = first + 1;
      while (last < count && all.offsets[last + 1] - all.offsets[first] <= batchRows) last++;
      const { graph, members, pivots } = batcher.batch(
        Int32Array.from({ length: last - first }, (_, at) => first + at),
      );
      yield { rows: rowsOfNodes({ members, pivots }), graph, members, first };
      first = last;
    }
  }
}
