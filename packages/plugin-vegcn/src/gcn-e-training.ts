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
  type Features,
  type Services,
  type TrainingBatch,
  type TrainingExample,
  type TrainingResult,
  type Weights,
} from '@l2c/core';
import { bestTree } from './best-tree.js';
import { modelWeights } from './fallback.js';
import { gate, type Comparison } from './gate.js';
import { confidencesOf, gcnE, type GcnEOptions } from './gcn-e.js';
import { gcnEModel, gcnEProfileModel } from './gcn-e-model.js';
import { heldOutFaces, type HeldOutFaces } from './held-out-faces.js';
import { knnAdjacency } from './knn-adjacency.js';
import { linkScores } from './link-scores.js';
import { SubGraphBatcher, subGraphs, type SubGraphs } from './sub-graphs.js';

/** The sub-graphs of one labelled data set, to be trained on. */
export interface LabelledSubGraphs {
  readonly features: Features;
  readonly truth: Int32Array;
  readonly graphs: SubGraphs;
  readonly batcher: SubGraphBatcher;
  /** Absent where the model reads features. */
  readonly profiles?: SimilarityProfiles | undefined;
}

/** Sub-graphs by their numbers: those learned from, and those held out to validate. */
interface Share {
  readonly from: LabelledSubGraphs;
  readonly learned: Int32Array;
  readonly heldOut: Int32Array;
}

/**
 * Trains GCN-E to tell which neighbours of an instance are of its identity, by the negative log likelihood. A step looks at
 * `batchSize` sub-graphs, shuffled anew each epoch; its loss is the mean of the means of each. With `validation`, the
 * sub-graphs of instances of some identities are held out; with `fallback: raw` the weights are judged on them at the end, see
 * {@link gate}. Yang et al., CVPR 2020, sec. 3.3.
 *
 * @throws L2cError E_DATA for fewer than two identities or no sub-graph, E_WEIGHTS where the weights to start from don't fit
 */
export async function trainGcnE(
  examples: readonly TrainingExample[],
  options: GcnEOptions,
  services: Services,
): Promise<TrainingResult> {
  assertIdentities(examples, 'gcn-e');
  const judges = options.fallback === 'none' ? undefined : await heldOutFaces(examples, options, services, 'gcn-e');
  const { inputs, hidden } = options;
  const model = inputs === 'profiles' ? gcnEProfileModel(hidden) : gcnEModel(examples[0].context.features.dim, hidden);
  const initial = await startingWeights(model, options.initialWeights, modelWeights);
  const { minSimilarity, ignoreSmallConfidence, candidatesOnly, batchSize, validation, rotations } = options;
  const ignoreRatio = options.trainingIgnoreRatio < 0 ? options.ignoreRatio : options.trainingIgnoreRatio;
  const graphs = { minSimilarity, ignoreRatio, ignoreSmallConfidence, candidatesOnly };
  const shares = examples.map((example) => share(labelledSubGraphs(example, { ...graphs, inputs }), options, services));
  const count = shares.reduce((sum, { learned }) => sum + learned.length, 0);
  if (count === 0) {
    const fact = "can't be trained: no instance has a sub-graph";
    throw problem('E_DATA', 'gcn-e', fact, 'lower ignoreRatio or trainingIgnoreRatio, or raise k of the knnBuilder');
  }
  services.log.info(`gcn-e: learns from ${count} sub-graphs`);
  const choices = { ...graphs, batchSize, validation, rotations };
  const task = {
    model,
    loss: 'nll' as const,
    batches: (epoch: number) => epochBatches(shares, options, services, epoch),
    sameEachEpoch: false,
    initial,
    fingerprint: fingerprint(arraysOfExamples(examples), [choices, options.initialWeights]),
  };
  const { weights, record } = await fit(task, fitOptions(options), services);
  const result = { weights, record: { ...record, subGraphs: count, seed: options.seed } };
  if (judges === undefined) return result;
  return gate(judges, result, services, 'gcn-e', (faces) => compare(faces, weights, options, services));
}

/** The tree of links by learned connectivity against that by similarity; the confidences are those of the scorer before. */
async function compare(
  { features, knn, edges, truth, vertices }: HeldOutFaces,
  weights: Weights,
  options: GcnEOptions,
  services: Services,
): Promise<Comparison> {
  const confidences = confidencesOf({ proposals: edges.similarities, vertices });
  const f = (scores: Float32Array): number => bestTree(edges, scores, confidences, truth).f;
  const learned = await gcnE(edges, { features, knn }, confidences, weights, options, services);
  return { learned: f(learned), raw: new Map([[1, f(linkScores(edges, confidences).values)]]) };
}

/** The sub-graphs of an example. */
export function labelledSubGraphs(
  { context, previousScores }: TrainingExample,
  options: Pick<GcnEOptions, 'minSimilarity' | 'ignoreRatio' | 'ignoreSmallConfidence' | 'candidatesOnly' | 'inputs'>,
): LabelledSubGraphs {
  const { features, knn, truth } = context;
  if (knn === undefined) throw new RangeError('gcn-e without a kNN graph');
  const graphs = subGraphs(knn, confidencesOf(previousScores), options);
  const batcher = new SubGraphBatcher(graphs, knnAdjacency(knn, options.minSimilarity));
  const profiles = options.inputs === 'profiles' ? new SimilarityProfiles(knn) : undefined;
  return { features, truth, graphs, batcher, profiles };
}

/**
 * Sub-graphs as one batch of training. Every sub-graph counts alike, and in it every neighbour of known identity; the first
 * `learned` are learned from, the others held out. Features are taken from `table`, the example's own or those turned.
 */
export function subGraphTraining(
  { features, truth, batcher, profiles }: LabelledSubGraphs,
  numbers: Int32Array,
  learned = numbers.length,
  table = features,
): TrainingBatch {
  const { graph, members, pivots } = batcher.batch(numbers);
  const targets = Float32Array.from(members, (member, r) => (truth[member] === truth[pivots[r]] ? 1 : 0));
  const weights = new Float32Array(members.length);
  const heldOut = new Float32Array(members.length);
  for (let g = 0; g < numbers.length; g++) {
    const [start, end] = [graph.graphs[g], graph.graphs[g + 1]];
    let known = 0;
    for (let r = start; r < end; r++) if (truth[members[r]] !== -1) known++;
    const share = g < learned ? weights : heldOut;
    for (let r = start; r < end; r++) if (truth[members[r]] !== -1) share[r] = 1 / known;
  }
  return { source: trainingRows(table, profiles)({ members, pivots }), graph, targets, weights, heldOut };
}

function share(from: LabelledSubGraphs, { validation, seed }: GcnEOptions, services: Services): Share {
  const held = heldOutInstances(from.truth, validation, services.random(seed));
  const usable = Int32Array.from(from.graphs.pivots.keys()).filter((g) => isUsable(from, g));
  const isHeld = (g: number): boolean => held[from.graphs.pivots[g]] === 1;
  return { from, learned: usable.filter((g) => !isHeld(g)), heldOut: usable.filter(isHeld) };
}

/** A sub-graph teaches where the identities of its pivot and of at least one node are known. */
function isUsable({ truth, graphs: { pivots, offsets, members } }: LabelledSubGraphs, g: number): boolean {
  if (truth[pivots[g]] === -1) return false;
  for (let m = offsets[g]; m < offsets[g + 1]; m++) if (truth[members[m]] !== -1) return true;
  return false;
}

/** The steps of an epoch, drawn by the seed and its number: the same for a training that goes on. */
function* epochBatches(
  shares: readonly Share[],
  { batchSize, seed, rotations }: GcnEOptions,
  services: Services,
  epoch: number,
): Generator<TrainingBatch> {
  const rotation = services.random(rotationSeed(seed, epoch));
  for (const { from, learned, heldOut } of shares) {
    const rotates = rotations && from.profiles === undefined;
    const table = rotates ? randomlyRotated(from.features, rotation) : from.features;
    const order = epochRandom(services, seed, epoch).shuffle(learned.slice());
    for (const step of epochSteps(order, heldOut, batchSize)) {
      yield subGraphTraining(from, step.numbers, step.learned, table);
    }
  }
}
