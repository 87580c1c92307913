// baselines.mjs FEATURES DIM K CLUSTERS THREADS: each baseline by l2c, on one graph of neighbours.
import { connectedComponents } from '../../packages/core/dist/builtin/connected-components.js';
import { knnEdges } from '../../packages/core/dist/builtin/knn-edges.js';
import { createRandom, exactNeighbours, propagation, readFeatures } from '../../packages/core/dist/index.js';
import { stages } from '../../packages/plugin-baselines/dist/index.js';
import { ignore, quiet, quietCompute } from '../quiet-compute.mjs';
import { serve } from '../side.mjs';

const [path, dim, k, clusters, threads] = process.argv.slice(2);
const { features } = await readFeatures(path, { dim: Number(dim) });
const compute = await quietCompute(threads);
const services = {
  compute,
  log: quiet,
  progress: { update: ignore },
  record: ignore,
  random: createRandom,
  signal: new AbortController().signal,
};
const knn = await exactNeighbours(features, Number(k), { compute });
const edges = knnEdges(knn, { k: 0, minSimilarity: -1, mutual: false });
const context = { features, knn };
const scores = { proposals: edges.similarities };

const stage = (type, options) => stages.find((one) => one.type === type).create(options, services);
const count = ({ offsets }) => offsets.length - 1;
const whispers = { threshold: 0.5, iterations: 20, seed: 1 };

const jobs = {
  'rank-order': async () => {
    const { proposals } = await stage('rank-order', {}).score(edges, context, scores);
    return connectedComponents(edges, proposals, 0).clusters;
  },
  'chinese-whispers': async () =>
    (await stage('chinese-whispers', { ...whispers, variant: 'sequential' }).deoverlap(edges, scores, context))
      .clusters,
  'chinese-whispers matrix': async () =>
    (await stage('chinese-whispers', { ...whispers, variant: 'matrix' }).deoverlap(edges, scores, context)).clusters,
  cdp: () =>
    propagation(edges, edges.similarities, {
      threshold: 0.5,
      maxSize: 600,
      step: 0.05,
      pool: 'none',
      maxIterations: 100,
    }).clusters,
  'knn-dbscan': async () =>
    (await stage('dbscan', { maxDistance: 0.5, minPoints: 2 }).deoverlap(edges, scores, context)).clusters,
  dbscan: async () => {
    const within = await stage('radius-edges', { maxDistance: 0.5 }).propose(features, undefined);
    return (await stage('dbscan', { maxDistance: 0.5, minPoints: 2 }).deoverlap(within, { proposals: within.similarities }, context)).clusters; // prettier-ignore
  },
  'hac single': async () => count(await stage('hac', hac('single')).propose(features, undefined)),
  'hac average': async () => count(await stage('hac', hac('average')).propose(features, undefined)),
  'hac ward': async () => count(await stage('hac', hac('ward')).propose(features, undefined)),
  spectral: async () => count(await stage('spectral', spectral).propose(features, undefined)),
  hdbscan: async () => count(await stage('hdbscan', hdbscan).propose(features, undefined)),
  'mean-shift': async () => count(await stage('mean-shift', meanShift).propose(features, undefined)),
  kmeans: () => kmeans('kmeans', { iterations: 10, tolerance: 0, restarts: 1, seed: 1 }),
  'mini-batch-kmeans': () => kmeans('mini-batch-kmeans', { iterations: 100, batchSize: 1000, patience: 10, seed: 1 }),
};

const spectral = {
  clusters: Number(clusters),
  affinity: 'knn',
  k: 9,
  gamma: 3,
  landmarks: 1000,
  components: 32,
  iterations: 30,
  seed: 1,
};

const hdbscan = {
  minSize: 5,
  minPoints: 0,
  maxSize: 0,
  maxDistance: 0,
  selection: 'eom',
  allowSingle: false,
  source: 'features',
};

const meanShift = { maxDistance: 0.32, seeding: 'instances', minSeedSize: 1, iterations: 300, assignAll: true };

function hac(linkage) {
  return { linkage, source: 'features', maxDistance: 0.5, clusters: 0 };
}

async function kmeans(type, options) {
  const made = await stage(type, { clusters: Number(clusters), ...options }).propose(features, undefined);
  return inertia(made);
}

/** Sum of squared distances to the means: what both sides minimise. */
function inertia({ offsets, members }) {
  const mean = new Float64Array(features.dim);
  let sum = features.n;
  for (let c = 0; c + 1 < offsets.length; c++) {
    mean.fill(0);
    for (let at = offsets[c]; at < offsets[c + 1]; at++) {
      const row = features.row(members[at]);
      for (let d = 0; d < mean.length; d++) mean[d] += row[d];
    }
    for (const value of mean) sum -= value ** 2 / Math.max(1, offsets[c + 1] - offsets[c]);
  }
  return sum;
}

await serve(async ({ job }) => ({ value: await jobs[job]() }));
