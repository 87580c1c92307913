// dsgcn.mjs FOLDER DIM THRESHOLD THREADS: the steps of GCN-D by l2c, on the files that ../benches/dsgcn.mjs wrote.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nms } from '../../packages/core/dist/builtin/nms.js';
import { createRandom, Features } from '../../packages/core/dist/index.js';
import { proposalsCodec } from '../../packages/core/dist/pipeline/codec.js';
import { writeNpz } from '../../packages/core/dist/formats/npz.js';
import { scoreClusters } from '../../packages/plugin-dsgcn/dist/score-clusters.js';
import { superVertexProposals } from '../../packages/plugin-dsgcn/dist/super-vertex-proposals.js';
import { superVertices } from '../../packages/plugin-dsgcn/dist/super-vertices.js';
import { ignore, quietCompute } from '../quiet-compute.mjs';
import { serve } from '../side.mjs';

const [folder, ...numbers] = process.argv.slice(2);
const [dim, threshold, threads] = numbers.map(Number);

const values = await floats('features.bin');
const n = values.length / dim;
const features = new Features(n, dim, [values], 2 ** Math.ceil(Math.log2(n)));
const ids = await integers('ids.bin');
const k = ids.length / n;
const knn = { n, k, ids, similarities: await floats('similarities.bin') };
const parameters = await floats('weights.bin');
const weights = new Map();
for (const [name, ...shape] of [
  ['layers.0.gc.weight', dim, 512],
  ['layers.1.gc.weight', 512, 64],
  ['classifier.weight', 1, 64],
  ['classifier.bias', 1],
])
  weights.set(name, { shape, values: taken(shape.reduce((product, length) => product * length)) });

const compute = await quietCompute(threads);
const single = await quietCompute(1, compute.engine);
const services = { compute, progress: { update: ignore }, signal: new AbortController().signal, random: createRandom };
const levels = { step: 0.05, maxSize: 300, maxIterations: 100 };
const basic = { ...levels, k: [], threshold: [threshold], minSize: 3, keepBase: true, baseOnly: [], iterations: [] };
const scoring = { pool: 'max', hidden: [512, 64], edgeWeights: true };
const links = { n, offsets: Int32Array.from({ length: n + 1 }, (_, i) => i * k), targets: ids };

const base = await propose();
const baseScores = await score(base);
const overlapping = {
  kind: 'clusters',
  n,
  offsets: await integers('offsets.bin'),
  members: await integers('members.bin'),
};
const overlappingScores = await floats('scores.bin');

const jobs = {
  'super vertices': () => ({ value: superVertices(links, knn.similarities, { ...levels, threshold }).count }),
  async proposals() {
    const found = await propose();
    await writeNpz(join(folder, 'proposals.npz'), proposalsCodec(undefined).encode(found));
    return { value: found.offsets.length - 1 };
  },
  async 'gcn-d'() {
    const scores = await score(base);
    return { value: scores.reduce((sum, value) => sum + value, 0) };
  },
  nms: () => ({ value: deoverlap(base, baseScores, 0.7) }),
  'nms of overlapping': () => ({ value: deoverlap(overlapping, overlappingScores, 0.7) }),
  async path() {
    const found = await propose();
    return { value: deoverlap(found, await score(found), 1) };
  },
  multiply,
};

async function propose() {
  const { proposals } = await superVertexProposals(features, knn, basic, services);
  return proposals;
}

function score(proposals) {
  return scoreClusters(proposals, { features, knn }, weights, scoring, services);
}

function deoverlap(proposals, scores, maxIou) {
  return nms(proposals, { proposals: scores }, { minScore: -Infinity, maxIou, minInlier: 0.5, outliers: 'drop' })
    .clusters;
}

/** Products of the size of the first layer, over and over: multiply-adds per second of CPU time, times two. */
async function multiply() {
  const [rows, times] = [4096, 20];
  const layer = await single.denseLayer({
    inputs: dim,
    outputs: 512,
    weights: weights.get('layers.0.gc.weight').values,
  });
  const x = values.slice(0, rows * dim);
  const out = new Float32Array(rows * 512);
  await layer.run(x, rows, out);
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) await layer.run(x, rows, out);
  const { user, system } = process.cpuUsage(before);
  await layer.dispose();
  return { rate: (2 * rows * dim * 512 * times) / ((user + system) / 1e6), engine: compute.description };
}

function taken(length) {
  taken.at ??= 0;
  return parameters.slice(taken.at, (taken.at += length));
}

async function floats(name) {
  return new Float32Array(await bytes(name));
}

async function integers(name) {
  return new Int32Array(await bytes(name));
}

async function bytes(name) {
  const { buffer, byteOffset, byteLength } = await readFile(join(folder, name));
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

await serve(({ job }) => jobs[job]());
