import type { Preset } from '@l2c/core';

/** A row of the paper's tables; every k as l2c counts, the instance or super vertex itself not among them. */
interface Setting {
  /** After the name of the data set: how many parameter sets its proposals are made with. */
  readonly sets: number;
  readonly threshold: readonly number[];
  readonly baseOnly?: readonly number[];
  readonly maxSize: number;
  readonly edgeWeights: boolean;
  /** [k, most super vertices] of each second level. */
  readonly groups?: readonly (readonly [k: number, maxVertices: number])[];
  /** Of the second level, in instances. */
  readonly maxGroupSize?: number;
}

interface DataSet {
  readonly title: string;
  /** Where weights are read, and written by `l2c train`: models/NAME-gcn-d.safetensors. */
  readonly name: string;
  readonly k: number;
  readonly settings: readonly Setting[];
}

const two = [
  [1, 8],
  [2, 5],
] as const;
const six = [
  [1, 8],
  [1, 12],
  [1, 16],
  [2, 5],
  [2, 10],
  [3, 4],
] as const;

const ms1mGroups = {
  threshold: [0.6, 0.7, 0.75],
  baseOnly: [0.75],
  maxSize: 300,
  maxGroupSize: 500,
  edgeWeights: false,
} as const;

const fashionGroups = {
  threshold: [0.55, 0.6, 0.65],
  baseOnly: [0.65],
  maxSize: 50,
  maxGroupSize: 200,
  edgeWeights: false,
} as const;

const dataSets: readonly DataSet[] = [
  {
    title: 'MS1M',
    name: 'ms1m',
    k: 79,
    settings: [
      { sets: 2, threshold: [0.7, 0.75], maxSize: 300, edgeWeights: true },
      { sets: 5, threshold: [0.55, 0.6, 0.65, 0.7, 0.75], maxSize: 300, edgeWeights: true },
      { sets: 8, ...ms1mGroups, groups: two },
      { sets: 20, ...ms1mGroups, groups: six },
    ],
  },
  {
    title: 'DeepFashion',
    name: 'deepfashion',
    k: 4,
    settings: [
      { sets: 2, threshold: [0.55, 0.6], maxSize: 100, edgeWeights: true },
      { sets: 8, ...fashionGroups, groups: two },
      { sets: 20, ...fashionGroups, groups: six },
    ],
  },
  {
    title: 'YouTube-Faces',
    name: 'ytb',
    k: 159,
    settings: [{ sets: 4, threshold: [0.65, 0.68, 0.7, 0.72], maxSize: 1600, edgeWeights: true }],
  },
];

/** GCN-D, and GCN-D + GCN-S, of Yang et al., CVPR 2019, by data set and number of parameter sets. */
export const presets: Readonly<Record<string, Preset>> = Object.fromEntries(
  dataSets.flatMap((data) => data.settings.flatMap((setting) => presetsOf(data, setting))),
);

function presetsOf({ title, name, k }: DataSet, setting: Setting): [string, Preset][] {
  const { sets, threshold, baseOnly = [], maxSize, groups = [], maxGroupSize, edgeWeights } = setting;
  const proposals = {
    knnBuilder: { type: 'exact', k },
    proposalGenerator: {
      type: 'super-vertex',
      k: [k],
      threshold: [...threshold],
      step: 0.05,
      minSize: 3,
      maxSize,
      baseOnly: [...baseOnly],
      iterations: groups.map(([near, maxVertices]) => ({
        k: near,
        threshold: 0.4,
        maxSize: maxGroupSize,
        maxVertices,
      })),
    },
  };
  const scorer = (target: 'iou' | 'iop') => ({
    type: 'gcn-d',
    weights: `models/${name}-gcn-d${target === 'iop' ? '-iop' : ''}.safetensors`,
    target,
    pool: 'max',
    edgeWeights,
  });
  const cleaner = {
    type: 'gcn-s',
    weights: `models/${name}-gcn-s.safetensors`,
    minIop: 0.1,
    maxIop: 0.9,
    seedVertex: 'random',
    edgeWeights,
  };
  const as = `with proposals of ${sets} parameter sets, as run on ${title}`;
  return [
    [
      `${name}-${sets}`,
      {
        summary: `GCN-D ${as}.`,
        pipeline: { ...proposals, scorer: scorer('iou'), deoverlapper: { type: 'nms', minScore: -1, maxIou: 1 } },
      },
    ],
    [
      `${name}-${sets}-gcn-s`,
      {
        summary: `GCN-D and GCN-S ${as}; what GCN-S leaves out becomes clusters of its own.`,
        pipeline: {
          ...proposals,
          scorer: [scorer('iop'), cleaner, scorer('iou')],
          deoverlapper: { type: 'nms', minScore: -1, maxIou: 1, minInlier: 0.5, outliers: 'own' },
        },
      },
    ],
  ];
}
