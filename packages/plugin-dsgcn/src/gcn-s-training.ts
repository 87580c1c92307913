import {
  arraysOfExamples,
  assertIdentities,
  epochRandom,
  fingerprint,
  fit,
  fitOptions,
  problem,
  startingWeights,
  type Random,
  type Services,
  type TrainingBatch,
  type TrainingExample,
  type TrainingResult,
} from '@l2c/core';
import type { GcnSOptions } from './gcn-s.js';
import { gcnSModel } from './gcn-s-model.js';
import { shareSteps, labelledClusters, shareOf, type LabelledClusters } from './labelled-clusters.js';
import { drawnSeeds, strongestSeeds, type SeedChoice } from './seed-vertices.js';

/**
 * Trains GCN-S to tell which members of a proposal are of its majority identity or, with a seed vertex, of that of the seed, by the
 * negative log likelihood. It learns from proposals whose true IoP is between the limits: neither pure nor hopeless. A step
 * looks at `batchSize` proposals, shuffled anew each epoch, with new random seeds; all members count alike.
 * Yang et al., CVPR 2019, sec. 3.4.
 *
 * @throws L2cError E_DATA for fewer than two identities or no proposal, E_WEIGHTS where the weights to start from don't fit
 */
export async function trainGcnS(
  examples: readonly TrainingExample[],
  options: GcnSOptions,
  services: Services,
): Promise<TrainingResult> {
  assertIdentities(examples, 'gcn-s');
  const { edgeWeights, inputs, seedVertex, batchSize, validation, seed, initialWeights, hidden } = options;
  const seeded = seedVertex !== 'none';
  const model = gcnSModel({ inputs, seeded }, examples[0].context.features.dim, hidden, options.dropout);
  const initial = await startingWeights(model, initialWeights);
  const [low, high] = [options.trainingMinIop, options.trainingMaxIop];
  const shares = examples.map((example) => {
    const from = labelledClusters(example, { edgeWeights, inputs, target: 'iop' }, 'gcn-s');
    const isWanted = (p: number): boolean => from.scores[p] >= low && from.scores[p] <= high;
    return shareOf(from, validation, services.random(seed), isWanted);
  });
  const count = shares.reduce((sum, { learned }) => sum + learned.length, 0);
  if (count === 0) {
    const fact = `can't be trained: no proposal has an IoP between ${low} and ${high}`;
    throw problem(
      'E_DATA',
      'gcn-s',
      fact,
      'widen trainingMinIop and trainingMaxIop, or lower the thresholds of proposals',
    );
  }
  services.log.info(`gcn-s: learns from ${count} proposals`);
  const choices = { edgeWeights, inputs, seedVertex, batchSize, validation, low, high };
  const task = {
    model,
    loss: 'nll' as const,
    *batches(epoch: number) {
      const random = epochRandom(services, seed, epoch);
      for (const { from, numbers, learned } of shareSteps(shares, batchSize, random)) {
        yield memberTraining(from, numbers, { learned, seedVertex, random });
      }
    },
    sameEachEpoch: false,
    initial,
    fingerprint: fingerprint(arraysOfExamples(examples), [choices, initialWeights]),
  };
  const { weights, record } = await fit(task, fitOptions(options), services);
  return { weights, record: { ...record, proposals: count, seed } };
}

/** How proposals become a batch of training. */
export interface MemberTraining {
  readonly seedVertex: SeedChoice;
  /** The first so many are learned from, the others held out. */
  readonly learned: number;
  /** Draws random seeds. */
  readonly random: Random;
  /** Places among members to be seeds, instead of those drawn. */
  readonly seeds?: Int32Array;
}

/** Proposals as one batch of training. Members of unknown identity don't count, and are no seeds. */
export function memberTraining(
  from: LabelledClusters,
  numbers: Int32Array,
  { learned, ...choice }: MemberTraining,
): TrainingBatch {
  const { truth, graphs, majorities, proposals, rows } = from;
  const batch = graphs.batch(numbers);
  const { graph, members } = batch;
  const seeds = seedsOf(from, numbers, choice);
  const targets = new Float32Array(members.length);
  const weights = new Float32Array(members.length);
  const heldOut = new Float32Array(members.length);
  numbers.forEach((p, g) => {
    const identity = seeds === undefined ? majorities[p] : truth[proposals.members[proposals.offsets[p] + seeds[g]]];
    for (let r = graph.graphs[g]; r < graph.graphs[g + 1]; r++) {
      if (truth[members[r]] === -1) continue;
      targets[r] = truth[members[r]] === identity ? 1 : 0;
      (g < learned ? weights : heldOut)[r] = 1;
    }
  });
  return { source: rows(batch, seeds), graph, targets, weights, heldOut };
}

function seedsOf(
  { proposals, graphs, truth }: LabelledClusters,
  numbers: Int32Array,
  { seedVertex, random, seeds }: Pick<MemberTraining, 'seedVertex' | 'random' | 'seeds'>,
): Int32Array | undefined {
  const isKnown = (i: number): boolean => truth[i] !== -1;
  if (seedVertex === 'none') return undefined;
  if (seeds !== undefined) return seeds;
  return seedVertex === 'random'
    ? drawnSeeds(proposals, numbers, random, isKnown)
    : strongestSeeds(graphs, numbers, isKnown);
}
