import { usedRows, type ForwardModel, type KnnGraph, type NodeRows, type Services, type UsedRows } from '@l2c/core';
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
 *
 * @param rowsOfNodes what the model reads of the instances that are in a sub-graph
 */
export async function connectivity(
  model: ForwardModel,
  rowsOfNodes: (used: UsedRows) => Promise<NodeRows>,
  knn: KnnGraph,
  confidences: Float32Array,
  options: SubGraphOptions & { readonly minSimilarity: number },
  { progress, signal }: Pick<Services, 'progress' | 'signal'>,
  take: (found: Connectivity) => void,
): Promise<void> {
  const all = subGraphs(knn, confidences, options);
  const count = all.pivots.length;
  if (count === 0) return;
  const used = usedRows(knn.n, [all.members, all.pivots]);
  const rows = await rowsOfNodes(used);
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
    progress.update(first + graph.graphs.length - 1, count, 'faces');
  }

  function* batches() {
    const placed = (ids: Int32Array): Int32Array => ids.map((i) => used.places[i]);
    const { offsets } = all;
    const batcher = new SubGraphBatcher(
      { offsets, pivots: placed(all.pivots), members: placed(all.members) },
      knnAdjacency(graphAmong(knn, used), options.minSimilarity),
    );
    for (let first = 0; first < count;) {
      let last = first + 1;
      while (last < count && offsets[last + 1] - offsets[first] <= batchRows) last++;
      const { graph, pivots } = batcher.batch(Int32Array.from({ length: last - first }, (_, at) => first + at));
      const members = all.members.subarray(offsets[first], offsets[last]);
      const nodes = { members, pivots: pivots.map((place) => used.instances[place]) };
      yield { rows: rows(nodes), graph, members, first };
      first = last;
    }
  }
}

/** The kNN graph of some instances by their places; neighbours that are none of them leave gaps (-1). */
function graphAmong({ n, k, ids, similarities }: KnnGraph, { instances, places }: UsedRows): KnnGraph {
  if (instances.length === n) return { n, k, ids, similarities };
  const count = instances.length;
  const among = { n: count, k, ids: new Int32Array(count * k).fill(-1), similarities: new Float32Array(count * k) };
  instances.forEach((i, place) => {
    for (let c = 0; c < k; c++) {
      const id = ids[i * k + c];
      if (id === -1 || places[id] === -1) continue;
      among.ids[place * k + c] = places[id];
      among.similarities[place * k + c] = similarities[i * k + c];
    }
  });
  return among;
}
