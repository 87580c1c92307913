import {
  assertWeights,
  epochRandom,
  epochSteps,
  expectEdges,
  fingerprint,
  fit,
  fitOptions,
  problem,
  readWeights,
  rowsOf,
  type EpochStep,
  type Services,
  type TrainingBatch,
  type TrainingExample,
  type TrainingResult,
} from '@l2c/core';
import { committeeMembers, type CommitteeOptions } from './committee.js';
import { labelledLinks, sameIdentity, splitByIdentity } from './labelled-links.js';
import { mediatorModel, mediatorModelOf } from './mediator-model.js';
import type { MediatorTrainingOptions } from './mediator-training-options.js';
import { pairFeatureCount, pairFeatures, type PairFeatures } from './pair-features.js';
import { columnScale, standardise, toPlainRows, toStandardRows, type ColumnScale } from './standard-columns.js';

/** The links of one labelled data set, and by number those learned from and those held out to validate. */
interface LabelledPairs {
  readonly pairs: PairFeatures;
  readonly same: Uint8Array;
  readonly learned: Int32Array;
  readonly heldOut: Int32Array;
}

/**
 * Trains the mediator to tell links within an identity from others, by the negative log likelihood. A step looks at `batchSize`
 * links, shuffled anew each epoch; each link counts once, also where both ends propose it. It learns from standardised columns,
 * and the first layer of the weights takes the scale into itself afterwards. With `validation`, links with an end of some
 * identities are held out.
 *
 * @throws L2cError E_DATA where no link teaches anything, or a committee is of other instances; E_WEIGHTS where the weights to
 *   start from don't fit
 */
export async function trainMediator(
  examples: readonly TrainingExample[],
  options: CommitteeOptions & MediatorTrainingOptions,
  services: Services,
): Promise<TrainingResult> {
  const inputs = pairFeatureCount(options.committee.length);
  const initial = options.initialWeights === '' ? undefined : await readWeights(options.initialWeights);
  const { hidden } = options;
  const model = hidden === 0 ? mediatorModelOf(initial ?? new Map(), inputs) : mediatorModel(inputs, hidden);
  if (initial !== undefined) assertWeights(model, initial, options.initialWeights);
  const shares: LabelledPairs[] = [];
  for (const example of examples) shares.push(await labelledPairs(example, options, services));
  const { count, same } = assertBothKinds(shares);
  services.log.info(`mediator: learns from ${count} links, ${same} of them within an identity`);
  const scale = columnScale(shares.map(({ pairs, learned }) => ({ columns: pairs.columns(), rows: learned })));
  const { batchSize, validation, initialWeights } = options;
  const task = {
    model,
    loss: 'nll' as const,
    batches: (epoch: number) => epochBatches(shares, scale, options, services, epoch),
    sameEachEpoch: false,
    initial: initial === undefined ? undefined : toStandardRows(initial, scale, 'fc1'),
    fingerprint: fingerprint(
      shares.flatMap(({ pairs, same }) => [...pairs.columns(), same]),
      [batchSize, validation, initialWeights],
    ),
  };
  const { weights, record } = await fit(task, fitOptions(options), services);
  const seen = { links: count, linksWithinIdentities: same, seed: options.seed };
  return { weights: toPlainRows(weights, scale, 'fc1'), record: { ...record, ...seen } };
}

async function labelledPairs(
  { proposals, context: { knn, rows, truth } }: TrainingExample,
  options: CommitteeOptions & MediatorTrainingOptions,
  services: Services,
): Promise<LabelledPairs> {
  if (knn === undefined) throw new RangeError('mediator without a kNN graph');
  const links = labelledLinks(expectEdges(proposals, 'mediator'), truth);
  const members = committeeMembers(options, links.n, rows, services);
  const pairs = await pairFeatures(links, knn, members, options.k, () => services.signal.throwIfAborted());
  const split = splitByIdentity(links, truth, options.validation, services.random(options.seed));
  return { pairs, same: sameIdentity(links, truth), ...split };
}

/** Without links of both kinds there is nothing to tell apart: weights would answer the same whatever they are asked. */
function assertBothKinds(shares: readonly LabelledPairs[]): { count: number; same: number } {
  let [count, same] = [0, 0];
  for (const share of shares) {
    count += share.learned.length;
    for (const e of share.learned) same += share.same[e];
  }
  if (same > 0 && same < count) return { count, same };
  const kind = same === 0 ? 'within' : 'between';
  const fact = count === 0 ? 'no link has two known ends to learn from' : `no link is ${kind} identities`;
  throw problem('E_DATA', 'mediator', `can't be trained: ${fact}`, 'give more labelled instances, or raise k of the knnBuilder'); // prettier-ignore
}

/** The steps of an epoch, drawn by the seed and its number: the same for a training that goes on. */
function* epochBatches(
  shares: readonly LabelledPairs[],
  scale: ColumnScale,
  { batchSize, seed }: MediatorTrainingOptions,
  services: Services,
  epoch: number,
): Generator<TrainingBatch> {
  for (const share of shares) {
    const { learned, heldOut } = share;
    const order = epochRandom(services, seed, epoch).shuffle(learned.slice());
    for (const step of epochSteps(order, heldOut, batchSize)) yield trainingBatch(share, step, scale);
  }
}

function trainingBatch(
  { pairs, same }: LabelledPairs,
  { numbers: rows, learned }: EpochStep,
  scale: ColumnScale,
): TrainingBatch {
  return {
    source: rowsOf(standardise(pairs.gather(rows), scale), pairs.dim),
    graph: {},
    targets: Float32Array.from(rows, (row) => same[row]),
    weights: new Float32Array(rows.length).fill(1, 0, learned),
    heldOut: new Float32Array(rows.length).fill(1, learned),
  };
}
