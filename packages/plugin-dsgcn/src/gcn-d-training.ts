import {
  arraysOfExamples,
  assertIdentities,
  epochRandom,
  fingerprint,
  fit,
  fitOptions,
  problem,
  startingWeights,
  type Services,
  type TrainingBatch,
  type TrainingExample,
  type TrainingResult,
} from '@l2c/core';
import type { GcnDOptions } from './gcn-d.js';
import { gcnDModel } from './gcn-d-model.js';
import { shareSteps, labelledClusters, shareOf, type LabelledClusters } from './labelled-clusters.js';
import { withoutMarks, withMarks } from './trained-for.js';

/**
 * Trains GCN-D to tell how well a proposal fits its majority identity, by the mean squared difference. A step looks at `batchSize`
 * proposals, shuffled anew each epoch. With `validation`, the proposals of some identities are held out.
 * Yang et al., CVPR 2019, sec. 3.3.
 *
 * @throws L2cError E_DATA for fewer than two identities or no proposal, E_WEIGHTS where the weights to start from don't fit
 */
export async function trainGcnD(
  examples: readonly TrainingExample[],
  options: GcnDOptions,
  services: Services,
): Promise<TrainingResult> {
  assertIdentities(examples, 'gcn-d');
  const { target, pool, edgeWeights, inputs, batchSize, validation, seed, initialWeights } = options;
  const model = gcnDModel(inputs, examples[0].context.features.dim, options);
  const initial = await startingWeights(model, initialWeights, withoutMarks);
  const shares = examples.map((example) =>
    shareOf(labelledClusters(example, options, 'gcn-d'), validation, services.random(seed)),
  );
  const count = shares.reduce((sum, { learned }) => sum + learned.length, 0);
  if (count === 0) {
    const fact = "can't be trained: there is no proposal of a known identity";
    throw problem('E_DATA', 'gcn-d', fact, 'lower the thresholds of the proposal generator, or its smallest size');
  }
  services.log.info(`gcn-d: learns the ${target} of ${count} proposals`);
  const choices = { target, edgeWeights, inputs, batchSize, validation };
  const task = {
    model,
    loss: 'mse' as const,
    *batches(epoch: number) {
      const random = epochRandom(services, seed, epoch);
      for (const { from, numbers, learned } of shareSteps(shares, batchSize, random)) {
        yield clusterTraining(from, numbers, learned);
      }
    },
    sameEachEpoch: false,
    initial,
    fingerprint: fingerprint(arraysOfExamples(examples), [choices, initialWeights]),
  };
  const { weights, record } = await fit(task, fitOptions(options), services);
  return { weights: withMarks(weights, { target, pool }), record: { ...record, proposals: count, target, seed } };
}

/** Proposals as one batch of training; all count alike. The first `learned` are learned from, the others held out. */
export function clusterTraining(
  { graphs, rows, scores }: LabelledClusters,
  numbers: Int32Array,
  learned = numbers.length,
): TrainingBatch {
  const batch = graphs.batch(numbers);
  return {
    source: rows(batch),
    graph: batch.graph,
    targets: Float32Array.from(numbers, (p) => scores[p]),
    weights: Float32Array.from(numbers, (_, at) => (at < learned ? 1 : 0)),
    heldOut: Float32Array.from(numbers, (_, at) => (at < learned ? 0 : 1)),
  };
}
