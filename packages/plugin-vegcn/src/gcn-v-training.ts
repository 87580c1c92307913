import {
  arraysOfExamples,
  assertIdentities,
  epochRandom,
  fingerprint,
  fit,
  fitOptions,
  heldOutInstances,
  randomlyRotated,
  rotationSeed,
  SimilarityProfiles,
  startingWeights,
  type Services,
  type TrainingBatch,
  type TrainingExample,
  type TrainingResult,
  type Weights,
} from '@l2c/core';
import { bestTree } from './best-tree.js';
import { confidenceTarget } from './confidence-targets.js';
import { modelWeights } from './fallback.js';
import { gate, type Comparison } from './gate.js';
import { gcnV, rawConfidence, type GcnVOptions } from './gcn-v.js';
import { gcnVModel, gcnVProfileModel } from './gcn-v-model.js';
import { heldOutFaces, type HeldOutFaces } from './held-out-faces.js';
import { knnAdjacency } from './knn-adjacency.js';
import { NeighbourSampler, neighbourBatches, type WholeGraph } from './neighbour-batches.js';

/** Distances within which neighbours count for the density that learned confidences are held against, the usual one first. */
const rawDistances = [0.3, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

/**
 * Trains GCN-V to tell the confidence that is defined by true identities, by the mean squared difference. A step looks at
 * the whole graph of an example, or at `batchSize` instances and neighbours drawn for them. With `validation`, instances of some identities don't count for the loss; they stay in the
 * graph. With `fallback: raw` the weights are judged on them at the end, see {@link gate}. Yang et al., CVPR 2020, sec. 3.2.
 *
 * @throws L2cError E_DATA for fewer than two identities, E_CONFIG for a fallback without held-out identities, E_WEIGHTS where the weights to start from don't fit
 */
export async function trainGcnV(
  examples: readonly TrainingExample[],
  options: GcnVOptions,
  services: Services,
): Promise<TrainingResult> {
  assertIdentities(examples, 'gcn-v');
  const judges = options.fallback === 'none' ? undefined : await heldOutFaces(examples, options, services, 'gcn-v');
  const { hidden, target, inputs, minSimilarity, initialWeights, batchSize, fanout } = options;
  const rotates = options.rotations && inputs === 'features';
  const model = inputs === 'profiles' ? gcnVProfileModel(hidden) : gcnVModel(examples[0].context.features.dim, hidden);
  const initial = await startingWeights(model, initialWeights, modelWeights);
  const batches = examples.map((example) => wholeGraph(example, options, services));
  const samplers = batches.map(({ graph }) => new NeighbourSampler(graph.adjacency, fanout));
  const { validation } = options;
  const choices = { target, minSimilarity, validation, initialWeights, rotates, batchSize, fanout };
  const task = {
    model,
    loss: 'mse' as const,
    batches: (epoch: number) => {
      const whole = rotates ? rotated(batches, examples, options, services, epoch) : batches;
      return batchSize === 0 ? whole : sampled(whole, samplers, options, services, epoch);
    },
    sameEachEpoch: !rotates && batchSize === 0,
    initial,
    fingerprint: fingerprint(arraysOfExamples(examples), choices),
  };
  const { weights, record } = await fit(task, fitOptions(options), services);
  const result = { weights, record: { ...record, seed: options.seed } };
  if (judges === undefined) return result;
  return gate(judges, result, services, 'gcn-v', (faces) => compare(faces, weights, options, services));
}

/** The tree of learned confidences against those of density, whichever distance suits it best; links as similar as they are. */
async function compare(
  { features, knn, edges, truth }: HeldOutFaces,
  weights: Weights,
  options: GcnVOptions,
  services: Services,
): Promise<Comparison> {
  const f = (confidences: Float32Array): number => bestTree(edges, edges.similarities, confidences, truth).f;
  const { vertices } = await gcnV(features, knn, weights, options, services);
  const raw = new Map(rawDistances.map((distance) => [distance, f(rawConfidence(knn, distance))] as const));
  return { learned: f(vertices), raw };
}

function wholeGraph({ context }: TrainingExample, options: GcnVOptions, services: Services): WholeGraph {
  const { features, knn, truth } = context;
  if (knn === undefined) throw new RangeError('gcn-v without a kNN graph');
  const held = heldOutInstances(truth, options.validation, services.random(options.seed));
  return {
    source: options.inputs === 'profiles' ? new SimilarityProfiles(knn).vertices() : features,
    graph: { adjacency: knnAdjacency(knn, options.minSimilarity) },
    targets: confidenceTarget(options.target, features, knn, truth),
    weights: Float32Array.from(truth, (name, i) => (name !== -1 && held[i] === 0 ? 1 : 0)),
    heldOut: Float32Array.from(held),
  };
}

/** The batches with their features turned, by the seed and the epoch: the same for a training that goes on. */
function* rotated(
  batches: readonly WholeGraph[],
  examples: readonly TrainingExample[],
  { seed }: GcnVOptions,
  services: Services,
  epoch: number,
): Generator<WholeGraph> {
  const random = services.random(rotationSeed(seed, epoch));
  for (const [index, batch] of batches.entries()) {
    yield { ...batch, source: randomlyRotated(examples[index].context.features, random) };
  }
}

/** The steps of an epoch over some of the instances each, drawn by the seed and the epoch. */
function* sampled(
  whole: Iterable<WholeGraph>,
  samplers: readonly NeighbourSampler[],
  { batchSize, seed }: GcnVOptions,
  services: Services,
  epoch: number,
): Generator<TrainingBatch> {
  const random = epochRandom(services, seed, epoch);
  let index = 0;
  for (const graph of whole) yield* neighbourBatches(graph, samplers[index++], batchSize, random);
}
