import {
  defineStage,
  expectClusters,
  trainingProperties,
  WeightsFile,
  type ClusterProposals,
  type OptionProblem,
  type OptionsSchema,
  type Proposals,
  type Scores,
  type Services,
  type StageContext,
  type TrainableScorer,
  type TrainingExample,
  type TrainingResult,
} from '@l2c/core';
import { columnsOf, gcnDModelOf } from './gcn-d-model.js';
import { gcnSModelOf, seededInputsOf } from './gcn-s-model.js';
import { trainGcnS } from './gcn-s-training.js';
import { knnOf } from './labelled-clusters.js';
import {
  networkOptionNames,
  networkProperties,
  paperSchedule,
  paperWeightDecay,
  type NetworkOptions,
} from './network-options.js';
import { memberInputsProperty, type MemberInputs } from './member-rows.js';
import { rateMembers } from './rate-members.js';
import { scoreClusters, type ClusterContext } from './score-clusters.js';
import { seedChoices, type SeedChoice } from './seed-vertices.js';
import { fileFaults } from './file-faults.js';
import { withoutMarks } from './trained-for.js';

export interface GcnSOptions extends NetworkOptions {
  weights: string;
  iopWeights: string;
  minIop: number;
  maxIop: number;
  seedVertex: SeedChoice;
  tries: number;
  inputs: MemberInputs;
  trainingMinIop: number;
  trainingMaxIop: number;
}

const share = { type: 'number', minimum: 0, maximum: 1 } as const;

const options: OptionsSchema<GcnSOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    weights: {
      type: 'string',
      format: 'weights',
      description: 'The trained weights: .safetensors, .npz or .pth. `l2c train` writes them.',
    },
    iopWeights: {
      type: 'string',
      format: 'weights',
      default: '',
      description:
        'Weights of a gcn-d with target iop and pool max, whose scores tell which proposals to clean; where empty, the scores of the scorer before tell.',
    },
    minIop: {
      ...share,
      default: 0.1,
      description: 'Proposals of a lower IoP are left as they are: hopeless.',
    },
    maxIop: { ...share, default: 0.9, description: 'Proposals of a higher IoP are left as they are: pure.' },
    seedVertex: {
      type: 'string',
      enum: [...seedChoices],
      default: 'random',
      description:
        'The member whose identity decides who belongs: a random one, the one with the strongest links, or none, where that of most members decides.',
    },
    tries: {
      type: 'integer',
      minimum: 1,
      default: 1,
      description: 'Random seed vertices to try for each proposal; that with the most members that belong counts.',
    },
    inputs: memberInputsProperty,
    trainingMinIop: { ...share, default: 0.3, description: 'Training: proposals of a lower true IoP are left out.' },
    trainingMaxIop: { ...share, default: 0.7, description: 'Training: proposals of a higher true IoP are left out.' },
    ...networkProperties,
    ...trainingProperties(paperSchedule),
    weightDecay: paperWeightDecay,
    seed: {
      type: 'integer',
      minimum: 0,
      default: 1,
      description: 'Of random seed vertices; in training also of the first weights and of all choices.',
    },
  },
  required: [
    'weights',
    'iopWeights',
    'minIop',
    'maxIop',
    'seedVertex',
    'tries',
    'inputs',
    'trainingMinIop',
    'trainingMaxIop',
    ...networkOptionNames,
  ],
};

class GcnS implements TrainableScorer {
  private readonly file: WeightsFile;
  private readonly iopFile: WeightsFile;

  constructor(
    private readonly options: GcnSOptions,
    private readonly services: Services,
  ) {
    this.file = new WeightsFile(options.weights, withoutMarks);
    this.iopFile = new WeightsFile(options.iopWeights, withoutMarks);
  }

  async score(proposals: Proposals, context: StageContext, previousScores: Scores): Promise<Scores> {
    const clusters = expectClusters(proposals, 'gcn-s');
    const { minIop, maxIop, weights: place } = this.options;
    const graph = { features: context.features, knn: knnOf(context, 'gcn-s') };
    const iops = await this.iops(clusters, graph, previousScores);
    const isWanted = (p: number): boolean => iops[p] >= minIop && iops[p] <= maxIop;
    const weights = await this.file.weights();
    const members = await rateMembers(clusters, graph, weights, this.options, isWanted, this.services, place);
    const selected = iops.reduce((count, _, p) => count + (isWanted(p) ? 1 : 0), 0);
    this.services.record('selected', selected);
    if (selected === 0 && iops.length > 0) {
      const fact = `no proposal scores between ${minIop} and ${maxIop}, so none is cleaned`;
      this.services.log.warn(
        `gcn-s: ${fact}; put a gcn-d with target iop before it, name iopWeights, or widen the range`,
      );
    }
    return { ...previousScores, members };
  }

  train(examples: readonly TrainingExample[]): Promise<TrainingResult> {
    this.file.forget();
    return trainGcnS(examples, this.options, this.services);
  }

  private async iops(clusters: ClusterProposals, graph: ClusterContext, { proposals }: Scores): Promise<Float32Array> {
    const { iopWeights, edgeWeights, hidden } = this.options;
    if (iopWeights === '') return proposals;
    const model = { pool: 'max', hidden, edgeWeights } as const;
    return scoreClusters(clusters, graph, await this.iopFile.weights(), model, this.services, iopWeights);
  }
}

/** What is known of the options before anything runs. */
async function faults(given: GcnSOptions, dim: number | undefined): Promise<OptionProblem[]> {
  const { weights, iopWeights, seedVertex, hidden, minIop, maxIop, trainingMinIop, trainingMaxIop } = given;
  const found: OptionProblem[] = [];
  for (const [option, low, high] of [
    ['minIop', minIop, maxIop],
    ['trainingMinIop', trainingMinIop, trainingMaxIop],
  ] as const) {
    if (low > high) found.push({ option, fact: `${low} is above the upper limit, ${high}`, wayOut: 'swap them' });
  }
  found.push(
    ...(await fileFaults('weights', weights, (own) => {
      const columns = dim ?? columnsOf(own) - (seedVertex === 'none' ? 0 : 1);
      const { seeded } = seededInputsOf(own, columns);
      if (seeded && seedVertex === 'none') {
        const fact = 'none, but the weights were trained with a seed vertex';
        found.push({ option: 'seedVertex', fact, wayOut: 'set random or max-degree' });
      }
      return gcnSModelOf(own, columns);
    })),
  );
  if (iopWeights === '') return found;
  const model = { pool: 'max', hidden } as const;
  const iop = await fileFaults('iopWeights', iopWeights, (own) => gcnDModelOf(own, dim ?? columnsOf(own), model), {
    target: 'iop',
    pool: model.pool,
  });
  return [...found, ...iop];
}

export const gcnSStage = defineStage({
  kind: 'scorer',
  type: 'gcn-s',
  proposals: 'clusters',
  knn: true,
  gives: ['members'],
  trainable: true,
  summary: 'Learned inliers of each proposed set: which members are of its identity.',
  cost: 'O(u dim hidden + tries (links + members hidden) hidden) time for u instances in sets to be cleaned, 4 u hidden bytes',
  reference: 'Yang et al., Learning to Cluster Faces on an Affinity Graph, CVPR 2019, sec. 3.4',
  options,
  check: (filled: GcnSOptions, { dim }) => faults(filled, dim),
  create: (filled: GcnSOptions, services) => new GcnS(filled, services),
});
