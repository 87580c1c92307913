import type { Preset } from '@l2c/core';

/** A data set of the paper's tables and its parameters; k as l2c counts, the instance itself not among them. */
interface Parameters {
  readonly title: string;
  /** Where weights are read, and written by `l2c train`: models/NAME-gcn-v.safetensors. */
  readonly name: string;
  readonly gcnV: {
    readonly k: number;
    readonly epochs: number;
    readonly weightDecay: number;
    /** Where the tree is cut, on the features themselves and on the embedding. */
    readonly minSimilarity: { readonly features: number; readonly embedding: number };
  };
  readonly gcnE: {
    readonly k: number;
    readonly learningRate: number;
    readonly batchSize: number;
    readonly trainingIgnoreRatio: number;
    readonly minSimilarity: number;
  };
}

const ms1m: Parameters = {
  title: 'MS1M (trained on part 0)',
  name: 'ms1m',
  gcnV: { k: 79, epochs: 80000, weightDecay: 1e-5, minSimilarity: { features: 0.65, embedding: 0.8 } },
  gcnE: { k: 159, learningRate: 0.1, batchSize: 32, trainingIgnoreRatio: 0.7, minSimilarity: 0.8 },
};

const deepfashion: Parameters = {
  title: 'DeepFashion',
  name: 'deepfashion',
  gcnV: { k: 4, epochs: 20000, weightDecay: 1e-4, minSimilarity: { features: 0.8, embedding: 0.85 } },
  gcnE: { k: 79, learningRate: 0.01, batchSize: 64, trainingIgnoreRatio: 0.9, minSimilarity: 0.85 },
};

/** What both models are trained by. */
const training = {
  hidden: 512,
  optimizer: 'sgd',
  momentum: 0.9,
  learningRateSteps: [0.5, 0.8, 0.9],
} as const;

/** GCN-V and GCN-E of Yang et al., CVPR 2020, by data set; the three uses of its tables. */
export const presets: Readonly<Record<string, Preset>> = { ...presetsOf(ms1m), ...presetsOf(deepfashion) };

function presetsOf({ title, name, gcnV, gcnE }: Parameters): Record<string, Preset> {
  const neighbours = (k: number) => ({ knnBuilder: { type: 'exact', k }, proposalGenerator: 'knn-edges' });
  const tree = (minSimilarity: number) => ({
    deoverlapper: { type: 'confidence-tree', minSimilarity, maxConnections: 1 },
  });
  const confidence = {
    ...neighbours(gcnV.k),
    scorer: {
      type: 'gcn-v',
      weights: `models/${name}-gcn-v.safetensors`,
      minSimilarity: 0,
      target: 's_nbr',
      ...training,
      epochs: gcnV.epochs,
      learningRate: 0.1,
      weightDecay: gcnV.weightDecay,
    },
  };
  const connectivity = {
    ...neighbours(gcnE.k),
    scorer: {
      type: 'gcn-e',
      weights: `models/${name}-gcn-e.safetensors`,
      minSimilarity: 0,
      ignoreRatio: 0.8,
      trainingIgnoreRatio: gcnE.trainingIgnoreRatio,
      ...training,
      epochs: 40,
      learningRate: gcnE.learningRate,
      batchSize: gcnE.batchSize,
      weightDecay: 1e-5,
    },
  };
  return {
    [name]: {
      summary: `GCN-V and GCN-E as run on ${title}.`,
      pipeline: { rounds: [confidence, { ...connectivity, ...tree(gcnE.minSimilarity) }] },
    },
    [`${name}-gcn-v`]: {
      summary: `GCN-V alone as run on ${title}, its tree on the neighbours among the features themselves.`,
      pipeline: { ...confidence, ...tree(gcnV.minSimilarity.features) },
    },
    [`${name}-gcn-v-embedding`]: {
      summary: `GCN-V alone as run on ${title}, its tree on the neighbours found again in its embedding.`,
      pipeline: { rounds: [confidence, { ...neighbours(gcnV.k), ...tree(gcnV.minSimilarity.embedding) }] },
    },
  };
}
