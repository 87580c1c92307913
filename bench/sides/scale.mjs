// scale.mjs N DIM K THREADS FEATURES easy|hard: neighbours of synthetic faces by l2c's `ivf` and `exact`, and by hnswlib; writes
// the faces for peers.
import { open } from 'node:fs/promises';
import { cellNeighbours } from '../../packages/core/dist/compute/cells/cell-neighbours.js';
import { exactNeighbours } from '../../packages/core/dist/compute/neighbours/exact-neighbours.js';
import { exactSample, recallOf } from '../../packages/core/dist/compute/neighbours/sampled-recall.js';
import { Features } from '../../packages/core/dist/index.js';
import { hnswNeighbours, hnswStage } from '../../packages/core/dist/builtin/hnsw.js';
import { loadHnswLib } from '../../packages/core/dist/compute/hnsw/hnsw-index.js';
import { idleServices } from '../../packages/core/dist/pipeline/idle-services.js';
import { createRandom } from '../../packages/core/dist/stages/random.js';
import { syntheticFaces } from '../../packages/core/dist/synth/synthetic-faces.js';
import { clusteredFaces } from '../faces.mjs';
import { quietCompute } from '../quiet-compute.mjs';
import { serve } from '../side.mjs';

const [n, dim, k, threads] = process.argv.slice(2, 6).map(Number);
const features =
  process.argv[7] === 'easy'
    ? Features.from(clusteredFaces(n, dim, 1).values, dim)
    : syntheticFaces({ n, dim, difficulty: 0.5, seed: 1 }).features;
const file = await open(process.argv[6], 'w');
for (const block of features.blocks) await file.writeFile(new Uint8Array(block.buffer));
await file.close();
const compute = await quietCompute(threads);
const single = await quietCompute(1, compute.engine);
/** Not among the instances that the search itself looks at. */
const judges = 499;
let graph;

await serve(async ({ job, targetRecall, alone }) => {
  if (job === 'multiply') return multiply();
  if (job === 'judge') return judge();
  if (job === 'exact') {
    graph = await exactNeighbours(features, k, { compute });
    return { engine: compute.description };
  }
  if (job === 'hnsw') return hnsw();
  const options = { k, cells: 0, probes: 0, targetRecall };
  const services = { compute: alone ? single : compute, random: createRandom(1) };
  const { graph: found, ...facts } = await cellNeighbours(features, options, services);
  graph = found;
  return facts;
});

/** The shares of near and of all true neighbours that the last search found. */
async function judge() {
  const sample = await exactSample(features, k, { compute }, judges);
  return { near: recallOf(sample, graph, 0.4), all: recallOf(sample, graph) };
}

/** hnswlib by the defaults of the builder `hnsw`, and no more than hnswlib; nothing where it is not installed. */
async function hnsw() {
  try {
    loadHnswLib();
  } catch {
    return {};
  }
  const options = { ...defaultsOf(hnswStage.options), k };
  graph = await hnswNeighbours(features, options, { ...idleServices, compute });
  return { ef: options.ef };
}

function defaultsOf({ properties }) {
  return Object.fromEntries(Object.entries(properties).map(([name, option]) => [name, option.default]));
}

/** Products of the size that searches make: multiply-adds per second of CPU time, times two. */
async function multiply() {
  const [m, columns, times] = [512, 128, 400];
  const a = new Float32Array(m * dim).fill(0.1);
  const b = new Float32Array(columns * dim).fill(0.1);
  const out = new Float32Array(m * columns);
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) await single.gemmTransposed(a, m, b, columns, dim, out);
  const { user, system } = process.cpuUsage(before);
  return { rate: (2 * m * columns * dim * times) / ((user + system) / 1e6) };
}
