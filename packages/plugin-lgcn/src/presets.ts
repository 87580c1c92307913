import type { Preset } from '@l2c/core';

/** A data set of the tables and its parameters; k as l2c counts, the instance itself not among them. */
interface Parameters {
  readonly title: string;
  /** Weights are read from, and written by `l2c train` to, models/NAME-l-gcn.safetensors. */
  readonly name: string;
  readonly k: number;
  readonly kAtHop: readonly [number, number];
  readonly trainingKAtHop: readonly number[];
  readonly activeConnections: number;
  readonly step: number;
  readonly maxSize: number;
}

const ms1m: Parameters = {
  title: 'MS1M (trained on part 0)',
  name: 'ms1m',
  k: 79,
  kAtHop: [80, 10],
  trainingKAtHop: [200, 10],
  activeConnections: 10,
  step: 0.6,
  maxSize: 300,
};

const deepfashion: Parameters = {
  title: 'DeepFashion',
  name: 'deepfashion',
  k: 4,
  kAtHop: [5, 5],
  trainingKAtHop: [],
  activeConnections: 5,
  step: 0.5,
  maxSize: 50,
};

/** L-GCN of Wang et al., CVPR 2019, by data set. */
export const presets: Readonly<Record<string, Preset>> = Object.fromEntries([ms1m, deepfashion].map(presetOf));

function presetOf({ title, name, k, step, maxSize, ...subGraphs }: Parameters): [string, Preset] {
  return [
    name,
    {
      summary: `L-GCN of Wang et al., CVPR 2019, as run on ${title}.`,
      pipeline: {
        knnBuilder: { type: 'exact', k },
        proposalGenerator: 'knn-edges',
        scorer: {
          type: 'l-gcn',
          weights: `models/${name}-l-gcn.safetensors`,
          ...subGraphs,
          bothDirections: true,
          hidden: 512,
          batchSize: 16,
          optimizer: 'sgd',
          epochs: 4,
          learningRate: 0.01,
          learningRateSteps: [0.25, 0.5, 0.75],
          momentum: 0.9,
          weightDecay: 1e-4,
        },
        deoverlapper: { type: 'propagation', pool: 'avg', maxSize, step },
      },
    },
  ];
}
