import type { Preset } from '@l2c/core';

/** A data set of the papers' tables and the parameters its baselines were run with; k as l2c counts, the instance itself not among them. */
interface Parameters {
  readonly title: string;
  readonly rankOrderK: number;
  readonly whispers: { readonly k: number; readonly threshold: number };
  readonly dbscan: { readonly k: number; readonly maxDistance: number; readonly minPoints: number };
  /** Height at which the single-linkage tree is cut, as Euclidean distance of unit vectors. */
  readonly hacHeight: number;
  readonly clusters: number;
}

const ms1m: Parameters = {
  title: 'MS1M part 1 (584,013 faces, 8,573 identities)',
  rankOrderK: 79,
  whispers: { k: 79, threshold: 0.6 },
  dbscan: { k: 79, maxDistance: 0.25, minPoints: 1 },
  hacHeight: 0.72,
  clusters: 8573,
};

const deepfashion: Parameters = {
  title: 'DeepFashion (26,960 images, 3,991 items)',
  rankOrderK: 9,
  whispers: { k: 4, threshold: 0.7 },
  dbscan: { k: 3, maxDistance: 0.1, minPoints: 2 },
  hacHeight: 0.4,
  clusters: 3991,
};

const ytb: Parameters = {
  title: 'YouTube Faces (1,436 identities)',
  rankOrderK: 199,
  whispers: { k: 159, threshold: 0.75 },
  dbscan: { k: 159, maxDistance: 0.3, minPoints: 1 },
  hacHeight: 0.72,
  clusters: 1436,
};

function presetsOf(parameters: Parameters): Record<string, Preset> {
  const { title, rankOrderK, whispers, dbscan, hacHeight, clusters } = parameters;
  const neighbours = (k: number): object => ({ knnBuilder: { type: 'exact', k }, proposalGenerator: 'knn-edges' });
  return {
    'rank-order': {
      summary: `Approximate Rank-Order as run on ${title}; links followed as they point, as in the original.`,
      pipeline: {
        ...neighbours(rankOrderK),
        scorer: 'rank-order',
        deoverlapper: { type: 'dbscan', maxDistance: 1, minPoints: 1 },
      },
    },
    'chinese-whispers': {
      summary: `Chinese Whispers as run on ${title}.`,
      pipeline: {
        ...neighbours(whispers.k),
        deoverlapper: { type: 'chinese-whispers', threshold: whispers.threshold, iterations: 20 },
      },
    },
    dbscan: {
      summary: `KNN-DBSCAN as run on ${title}.`,
      pipeline: {
        ...neighbours(dbscan.k),
        deoverlapper: { type: 'dbscan', maxDistance: dbscan.maxDistance, minPoints: dbscan.minPoints },
      },
    },
    hac: {
      summary: `FastHAC, single linkage, as run on ${title}.`,
      pipeline: {
        // Half the square of the height: 1 - cosine.
        proposalGenerator: { type: 'hac', linkage: 'single', maxDistance: Number((hacHeight ** 2 / 2).toFixed(6)) },
        deoverlapper: 'partition',
      },
    },
    kmeans: {
      summary: `K-means with the number of identities of ${title}.`,
      pipeline: { proposalGenerator: { type: 'kmeans', clusters }, deoverlapper: 'partition' },
    },
    'mini-batch-kmeans': {
      summary: `MiniBatchKMeans as run on ${title}.`,
      pipeline: {
        proposalGenerator: { type: 'mini-batch-kmeans', clusters, batchSize: 1000 },
        deoverlapper: 'partition',
      },
    },
  };
}

/** The baselines of the tables of Yang et al., CVPR 2019 and 2020, by data set. */
export const presets: Readonly<Record<string, Preset>> = {
  ...named('ms1m', presetsOf(ms1m)),
  'ms1m-cdp': {
    summary: 'CDP, single model, as in the tables for MS1M: 15 neighbours (itself counted), links above .7.',
    pipeline: {
      knnBuilder: { type: 'exact', k: 14 },
      proposalGenerator: 'knn-edges',
      deoverlapper: { type: 'propagation', threshold: 0.7, maxSize: 600, step: 0.05 },
    },
  },
  'ms1m-spectral': {
    summary: `Spectral clustering by Nystroem from 100 instances, as DaskSpectral was run on ${ms1m.title}.`,
    pipeline: {
      proposalGenerator: {
        type: 'spectral',
        clusters: ms1m.clusters,
        affinity: 'rbf',
        gamma: 1,
        landmarks: 100,
        components: 100,
      },
      deoverlapper: 'partition',
    },
  },
  ...named('deepfashion', presetsOf(deepfashion)),
  'deepfashion-spectral': {
    summary: `Spectral clustering of the graph of 9 neighbours as run on ${deepfashion.title}, by 256 eigenvectors.`,
    pipeline: {
      proposalGenerator: { type: 'spectral', clusters: deepfashion.clusters, affinity: 'knn', k: 9 },
      deoverlapper: 'partition',
    },
  },
  ...named('ytb', presetsOf(ytb)),
};

function named(prefix: string, list: Record<string, Preset>): Record<string, Preset> {
  return Object.fromEntries(Object.entries(list).map(([name, preset]) => [`${prefix}-${name}`, preset]));
}
