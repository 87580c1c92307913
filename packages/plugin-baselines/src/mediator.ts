import {
  defineStage,
  expectEdges,
  ForwardModel,
  readWeights,
  sharedFloat32,
  trainingOptionNames,
  weightFaults,
  WeightsFile,
  type OptionProblem,
  type OptionsSchema,
  type Proposals,
  type RowSource,
  type Scores,
  type Services,
  type StageContext,
  type TrainableScorer,
  type TrainingExample,
  type TrainingResult,
  type Weights,
} from '@l2c/core';
import { committeeMembers, committeeProblems, committeeProperties, type CommitteeOptions } from './committee.js';
import { mediatorModelOf } from './mediator-model.js';
import { trainMediator } from './mediator-training.js';
import { mediatorTrainingProperties, type MediatorTrainingOptions } from './mediator-training-options.js';
import { pairFeatureCount, pairFeatures } from './pair-features.js';

export interface MediatorOptions extends CommitteeOptions, MediatorTrainingOptions {
  weights: string;
}

const options: OptionsSchema<MediatorOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    weights: {
      type: 'string',
      format: 'weights',
      description: 'The trained weights: .safetensors, .npz or .pth. `l2c train` writes them.',
    },
    ...committeeProperties,
    ...mediatorTrainingProperties,
  },
  required: ['weights', 'committee', 'dim', 'k', 'hidden', 'batchSize', ...trainingOptionNames],
};

/**
 * (m) float32 in 0 .. 1: the probability that both ends of a link are of one identity, of rows of pair features.
 * O(m hidden (columns + hidden)) time; rows pass in blocks. Zhan et al., ECCV 2018, sec. 3.
 *
 * @param place where the weights are from, for messages
 * @throws L2cError E_WEIGHTS where weights don't fit the committee
 */
export async function mediator(
  pairs: RowSource,
  weights: Weights,
  { compute, signal }: Pick<Services, 'compute' | 'signal'>,
  place = '',
): Promise<Float32Array<SharedArrayBuffer>> {
  const model = await ForwardModel.open(mediatorModelOf(weights, pairs.dim), weights, compute, { place, signal });
  try {
    const logs = await model.run(pairs);
    const scores = sharedFloat32(pairs.n);
    for (let e = 0; e < scores.length; e++) scores[e] = Math.exp(logs[2 * e + 1]);
    return scores;
  } finally {
    await model.dispose();
  }
}

class Mediator implements TrainableScorer {
  private readonly file: WeightsFile;

  constructor(
    private readonly options: MediatorOptions,
    private readonly services: Services,
  ) {
    this.file = new WeightsFile(options.weights);
  }

  async score(proposals: Proposals, { knn, rows }: StageContext, previousScores: Scores): Promise<Scores> {
    const links = expectEdges(proposals, 'mediator');
    if (knn === undefined) throw new RangeError('mediator without a kNN graph');
    if (links.targets.length === 0) return previousScores;
    const { progress, signal } = this.services;
    const { weights: place, k } = this.options;
    const weights = await this.file.weights();
    const members = committeeMembers(this.options, links.n, rows, this.services);
    const pairs = await pairFeatures(links, knn, members, k, (row) => {
      signal.throwIfAborted();
      progress.update(row, links.n, 'faces');
    });
    return { ...previousScores, proposals: await mediator(pairs, weights, this.services, place) };
  }

  train(examples: readonly TrainingExample[]): Promise<TrainingResult> {
    this.file.forget();
    return trainMediator(examples, this.options, this.services);
  }
}

/** A committee of another size than the weights know is the likeliest mistake, and better said in files than in shapes. */
async function problemsOfWeights({ weights: file, committee }: MediatorOptions): Promise<OptionProblem[]> {
  const weights = await readWeights(file);
  const inputs = weights.get('fc1.weight')?.shape[1];
  const members = ((inputs ?? 0) - 2) / 3;
  if (Number.isInteger(members) && members > 0 && members !== committee.length) {
    const fact = `a committee of ${committee.length}, and of ${members} when the weights were trained`;
    return [{ option: 'committee', fact, wayOut: 'give features by the same networks in the same order' }];
  }
  const model = mediatorModelOf(weights, pairFeatureCount(committee.length));
  return weightFaults(model, weights);
}

export const mediatorStage = defineStage({
  kind: 'scorer',
  type: 'mediator',
  proposals: 'edges',
  knn: true,
  trainable: true,
  summary: 'Learned probability that a link joins one identity, by what other networks say of it.',
  cost: 'an exact kNN search for each file of the committee and O(m (k + dim)) each, then O(m hidden (members + hidden)), 7 m members bytes',
  reference:
    'Zhan et al., Consensus-Driven Propagation in Massive Unlabeled Data for Face Recognition, ECCV 2018, sec. 3',
  options,
  check: async (filled: MediatorOptions, facts) => [
    ...(await committeeProblems(filled, facts)),
    ...(await problemsOfWeights(filled)),
  ],
  checkTraining: (filled: MediatorOptions, facts) => committeeProblems(filled, facts),
  create: (filled: MediatorOptions, services: Services) => new Mediator(filled, services),
});
