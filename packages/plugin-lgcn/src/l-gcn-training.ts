import {
  arraysOfExamples,
  assertIdentities,
  epochRandom,
  epochSteps,
  fingerprint,
  fit,
  fitOptions,
  heldOutInstances,
  problem,
  randomlyRotated,
  rotationSeed,
  SimilarityProfiles,
  startingWeights,
  trainingRows,
  type Csr,
  type Features,
  type ModelInputs,
  type Services,
  type TrainingBatch,
  type TrainingExample,
  type TrainingResult,
} from '@l2c/core';
import { firstNeighbours } from './active-connections.js';
import type { LGcnOptions } from './l-gcn.js';
import { lGcnModel, lGcnProfileModel } from './l-gcn-model.js';
import { largestSubGraph, PivotSubGraphs, type PivotSubGraphOptions } from './pivot-sub-graphs.js';

/** A labelled data set, and its sub-graphs as they are needed. */
export interface LabelledPivots {
  readonly features: Features;
  readonly truth: Int32Array;
  /** The 1-hop of each instance. */
  readonly hop: Csr;
  readonly subGraphs: PivotSubGraphs;
  /** Absent where the model reads features. */
  readonly profiles: SimilarityProfiles | undefined;
  /** Rows that batch norm counts for each sub-graph, see {@link largestSubGraph}; 0 = those it has. */
  readonly paddedRows: number;
}

/** Pivots of one data set: those learned from, and those held out to validate. */
interface Share {
  readonly from: LabelledPivots;
  readonly learned: Int32Array;
  readonly heldOut: Int32Array;
}

/**
 * Trains L-GCN to tell which of its nearest neighbours are of the identity of an instance, by the negative log likelihood. A
 * step looks at the sub-graphs of `batchSize` instances, shuffled anew each epoch. With `validation`, instances of some
 * identities are no pivots of learning. Batch norm counts each sub-graph as filled up with zeros to the largest there can be:
 * what the paper's code does, and published weights expect; not so of profiles. Wang et al., CVPR 2019, sec. 3.3 and 4.
 *
 * @throws L2cError E_DATA for fewer than two identities or no neighbours, E_WEIGHTS where the weights to start from don't fit
 */
export async function trainLGcn(
  examples: readonly TrainingExample[],
  options: LGcnOptions,
  services: Services,
): Promise<TrainingResult> {
  assertIdentities(examples, 'l-gcn');
  const { inputs, hidden, rotations } = options;
  const model = inputs === 'profiles' ? lGcnProfileModel(hidden) : lGcnModel(examples[0].context.features.dim, hidden);
  const initial = await startingWeights(model, options.initialWeights);
  const { activeConnections, batchSize, validation, pivots } = options;
  const kAtHop = options.trainingKAtHop.length > 0 ? options.trainingKAtHop : options.kAtHop;
  const shares = examples.map((example) =>
    share(labelledPivots(example, { kAtHop, activeConnections }, inputs), options, services),
  );
  const count = shares.reduce((sum, { learned }) => sum + learned.length, 0);
  if (count === 0) {
    const fact = "can't be trained: no instance of known identity has a neighbour of known identity";
    throw problem('E_DATA', 'l-gcn', fact, 'raise k of the knnBuilder, or give more labels');
  }
  services.log.info(`l-gcn: learns from the sub-graphs of ${count} instances`);
  const choices = {
    kAtHop,
    activeConnections,
    batchSize,
    validation,
    pivots,
    rotations,
    initialWeights: options.initialWeights,
  };
  const task = {
    model,
    loss: 'nll' as const,
    batches: (epoch: number) => epochBatches(shares, count, options, services, epoch),
    sameEachEpoch: false,
    initial,
    fingerprint: fingerprint(arraysOfExamples(examples), choices),
  };
  const { weights, record } = await fit(task, fitOptions(options), services);
  return { weights, record: { ...record, subGraphs: count, seed: options.seed } };
}

/** What training reads of an example. */
export function labelledPivots(
  { context }: TrainingExample,
  options: PivotSubGraphOptions,
  inputs: ModelInputs = 'features',
): LabelledPivots {
  const { features, knn, truth } = context;
  if (knn === undefined) throw new RangeError('l-gcn without a kNN graph');
  const subGraphs = new PivotSubGraphs(knn, options);
  const hop = firstNeighbours(knn, options.kAtHop[0]);
  const profiles = inputs === 'profiles' ? new SimilarityProfiles(knn) : undefined;
  const paddedRows = profiles === undefined ? largestSubGraph(options.kAtHop) : 0;
  return { features, truth, hop, subGraphs, profiles, paddedRows };
}

/**
 * The sub-graphs of pivots as one batch of training: every neighbour of known identity in the 1-hop of a pivot counts alike.
 * The first `learned` pivots are learned from, the others held out. Features are taken from `table`, the example's own or those
 * turned.
 */
export function pivotTraining(
  { features, truth, hop, subGraphs, profiles, paddedRows }: LabelledPivots,
  numbers: Int32Array,
  learned = numbers.length,
  table = features,
): TrainingBatch {
  for (const pivot of numbers) subGraphs.add(pivot, hop.targets, hop.offsets[pivot], hop.offsets[pivot + 1]);
  const { graph, members, pivots } = subGraphs.take();
  const { selected, graphs } = graph;
  const targets = Float32Array.from(selected, (row) => (truth[members[row]] === truth[pivots[row]] ? 1 : 0));
  const isKnown = Float32Array.from(selected, (row) => (truth[members[row]] === -1 ? 0 : 1));
  const end = graphs[learned];
  return {
    source: trainingRows(table, profiles)({ members, pivots }),
    graph: { ...graph, zeroRows: Math.max(0, numbers.length * paddedRows - members.length) },
    targets,
    weights: isKnown.map((known, s) => (selected[s] < end ? known : 0)),
    heldOut: isKnown.map((known, s) => (selected[s] < end ? 0 : known)),
  };
}

function share(from: LabelledPivots, { validation, seed }: LGcnOptions, services: Services): Share {
  const held = heldOutInstances(from.truth, validation, services.random(seed));
  const usable = Int32Array.from(from.truth.keys()).filter((pivot) => isUsable(from, pivot));
  return { from, learned: usable.filter((p) => held[p] === 0), heldOut: usable.filter((p) => held[p] === 1) };
}

/** An instance teaches where its identity is known, and that of at least one neighbour. */
function isUsable({ truth, hop: { offsets, targets } }: LabelledPivots, pivot: number): boolean {
  if (truth[pivot] === -1) return false;
  for (let e = offsets[pivot]; e < offsets[pivot + 1]; e++) if (truth[targets[e]] !== -1) return true;
  return false;
}

/**
 * The steps of an epoch, drawn by the seed and its number: the same for a training that goes on. With `pivots`, data sets give
 * as many as is their part of all, at least one.
 */
function* epochBatches(
  shares: readonly Share[],
  count: number,
  { batchSize, pivots, seed, rotations }: LGcnOptions,
  services: Services,
  epoch: number,
): Generator<TrainingBatch> {
  const rotation = services.random(rotationSeed(seed, epoch));
  for (const { from, learned, heldOut } of shares) {
    const rotates = rotations && from.profiles === undefined;
    const table = rotates ? randomlyRotated(from.features, rotation) : from.features;
    const shuffled = epochRandom(services, seed, epoch).shuffle(learned.slice());
    const part = pivots === 0 ? 1 : Math.min(1, pivots / count);
    const order = shuffled.subarray(0, Math.ceil(part * shuffled.length));
    const validated = heldOut.subarray(0, Math.ceil(part * heldOut.length));
    for (const step of epochSteps(order, validated, batchSize)) {
      yield pivotTraining(from, step.numbers, step.learned, table);
    }
  }
}
