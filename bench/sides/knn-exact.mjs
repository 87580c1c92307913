// knn-exact.mjs FEATURES DIM K THREADS: exact neighbours by l2c, and what its engine can multiply at best.
import { exactNeighbours } from '../../packages/core/dist/compute/neighbours/exact-neighbours.js';
import { readFeatures } from '../../packages/core/dist/index.js';
import { quietCompute } from '../quiet-compute.mjs';
import { serve } from '../side.mjs';

const [path, dim, k, threads] = process.argv.slice(2);
const { features } = await readFeatures(path, { dim: Number(dim) });
const compute = await quietCompute(threads);
const single = await quietCompute(1, compute.engine);

await serve(async ({ job }) => (job === 'multiply' ? multiply() : search()));

async function search() {
  const { similarities } = await exactNeighbours(features, Number(k), { compute });
  let sum = 0;
  for (const similarity of similarities) sum += similarity;
  return { sum, engine: compute.description };
}

/** Products of one size, over and over: multiply-adds per second of CPU time, times two. */
async function multiply() {
  const [m, n, times] = [512, 512, 200];
  const a = new Float32Array(m * dim).fill(0.1);
  const b = new Float32Array(n * dim).fill(0.1);
  const out = new Float32Array(m * n);
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) await single.gemmTransposed(a, m, b, n, Number(dim), out);
  const { user, system } = process.cpuUsage(before);
  return { rate: (2 * m * n * dim * times) / ((user + system) / 1e6) };
}
