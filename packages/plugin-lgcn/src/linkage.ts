import type { ForwardModel, KnnGraph, NodeRows, Services } from '@l2c/core';
import type { LinkPlan } from './link-plan.js';
import { PivotSubGraphs, type PivotSubGraphOptions } from './pivot-sub-graphs.js';
import type { ScoreCheckpoint } from './score-checkpoint.js';

/** Rows of sub-graphs that go through the model together: a sub-graph more may be begun below it. */
const batchRows = 4096;

/**
 * (links scored) float32: the probability of each link of the plan that both ends are of one identity, by the model over the
 * sub-graph of its source. Many sub-graphs pass together, without padding. Goes on from the checkpoint, where one was left; what
 * the model reads is only asked for where there is something to do.
 */
export async function linkage(
  model: ForwardModel,
  rowsOfNodes: () => Promise<NodeRows>,
  knn: KnnGraph,
  { offsets, targets }: LinkPlan,
  options: PivotSubGraphOptions,
  { progress, signal }: Pick<Services, 'progress' | 'signal'>,
  checkpoint?: ScoreCheckpoint,
): Promise<Float32Array> {
  const { n } = knn;
  const left = await checkpoint?.read(targets.length);
  const scores = left?.scores ?? new Float32Array(targets.length);
  let done = left?.done ?? 0;
  if (offsets[n] === offsets[done]) return scores;
  const rows = await rowsOfNodes();
  for await (const [{ graph, first, end }, logProbabilities] of model.outputs(batches(done))) {
    for (let s = 0; s < graph.selected.length; s++) scores[first + s] = Math.exp(logProbabilities[2 * s + 1]);
    done = end;
    progress.update(done, n, 'faces');
    if (signal.aborted) await checkpoint?.save({ done, scores }, true);
    signal.throwIfAborted();
    if (done < n) await checkpoint?.save({ done, scores });
  }
  await checkpoint?.clear();
  return scores;

  function* batches(from: number) {
    const subGraphs = new PivotSubGraphs(knn, options);
    for (let pivot = from; pivot < n;) {
      const first = offsets[pivot];
      for (; pivot < n && subGraphs.rows < batchRows; pivot++) {
        if (offsets[pivot] < offsets[pivot + 1]) subGraphs.add(pivot, targets, offsets[pivot], offsets[pivot + 1]);
      }
      const { graph, members, pivots } = subGraphs.take();
      yield { rows: rows({ members, pivots }), graph, first, end: pivot };
    }
  }
}
