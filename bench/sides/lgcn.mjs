// lgcn.mjs FOLDER DIM K HIDDEN THREADS EVERY PIVOTS: L-GCN by l2c over the sub-graphs of one instance in EVERY, on the files that
// ../benches/lgcn.mjs wrote.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Features, ForwardModel, projectedRows } from '../../packages/core/dist/index.js';
import { parametersOf } from '../../packages/core/dist/model/parameters.js';
import { lGcnModel } from '../../packages/plugin-lgcn/dist/l-gcn-model.js';
import { planLinks } from '../../packages/plugin-lgcn/dist/link-plan.js';
import { linkage } from '../../packages/plugin-lgcn/dist/linkage.js';
import { PivotSubGraphs } from '../../packages/plugin-lgcn/dist/pivot-sub-graphs.js';
import { ignore, quietCompute } from '../quiet-compute.mjs';
import { serve } from '../side.mjs';

const [folder, ...numbers] = process.argv.slice(2);
const [dim, k, hidden, threads, every, peerPivots] = numbers.map(Number);
const services = { progress: { update: ignore }, signal: new AbortController().signal };

const values = await floats('features.bin');
const n = values.length / dim;
const features = new Features(n, dim, [values], 2 ** Math.ceil(Math.log2(n)));
const knn = { n, k, ids: new Int32Array(await bytes('ids.bin')), similarities: await floats('similarities.bin') };
const edges = linksOf((i) => i % every === 0);
const bothDirections = planLinks(edges, knn, k, true);
/** Every pair once: for that all instances must propose, so it is the sample of a plan for all. */
let oneDirection;
const options = { kAtHop: [k, 10], activeConnections: 10 };

const compute = await quietCompute(threads);
const single = await quietCompute(1, compute.engine);
const model = lGcnModel(dim, hidden);
const forward = await ForwardModel.open(model, await weightsOf('weights.bin'), compute, { shared: true });

const jobs = {
  async 'both directions'() {
    return score(bothDirections);
  },
  async 'one direction'() {
    // made by the first run, which isn't counted
    return score(
      (oneDirection ??= sampleOf(
        planLinks(
          linksOf(() => true),
          knn,
          k,
          false,
        ),
      )),
    );
  },
  async 'first product'() {
    const { blocks } = await forward.project(features);
    return { value: blocks[0][0], engine: compute.description };
  },
  async 'sub-graphs'() {
    const subGraphs = new PivotSubGraphs(knn, options);
    let [nodes, entries] = [0, 0];
    for (let i = 0; i < n; i += every) {
      subGraphs.add(i, edges.targets, edges.offsets[i], edges.offsets[i + 1]);
      if (subGraphs.rows < 4096) continue;
      const { members, graph } = subGraphs.take();
      nodes += members.length;
      entries += graph.adjacency.indices.length;
    }
    nodes += subGraphs.take().members.length;
    return { value: nodes, nodes, entries };
  },
  multiply,
};

async function score(plan) {
  const scores = await linkage(forward, () => projectedRows(forward, features), knn, plan, options, services);
  let value = 0;
  // the peer looks at the first sub-graphs alone
  for (let e = 0; e < plan.offsets[every * peerPivots]; e++) value += scores[e];
  return { value, reads: scores.length, engine: compute.description };
}

function linksOf(isIn) {
  const offsets = new Int32Array(n + 1);
  for (let i = 0; i < n; i++) offsets[i + 1] = offsets[i] + (isIn(i) ? k : 0);
  const targets = new Int32Array(offsets[n]);
  for (let i = 0; i < n; i++) if (isIn(i)) targets.set(knn.ids.subarray(i * k, (i + 1) * k), offsets[i]);
  return { kind: 'edges', n, offsets, targets, similarities: new Float32Array(targets.length) };
}

function sampleOf({ offsets, targets }) {
  const bounds = new Int32Array(n + 1);
  const kept = [];
  for (let i = 0; i < n; i++) {
    if (i % every === 0) kept.push(...targets.subarray(offsets[i], offsets[i + 1]));
    bounds[i + 1] = kept.length;
  }
  return { offsets: bounds, targets: Int32Array.from(kept) };
}

/** Products of the size of the second layer, over and over: multiply-adds per second of CPU time, times two. */
async function multiply() {
  const [rows, times] = [2048, 20];
  const weights = new Float32Array(2 * hidden * hidden).fill(0.1);
  const layer = await single.denseLayer({ inputs: 2 * hidden, outputs: hidden, weights });
  const x = new Float32Array(rows * 2 * hidden).fill(0.1);
  const out = new Float32Array(rows * hidden);
  await layer.run(x, rows, out);
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) await layer.run(x, rows, out);
  const { user, system } = process.cpuUsage(before);
  await layer.dispose();
  return { rate: (2 * rows * 2 * hidden * hidden * times) / ((user + system) / 1e6) };
}

async function weightsOf(file) {
  const all = await floats(file);
  let at = 0;
  return new Map(
    parametersOf(model)
      .filter(({ role }) => role !== 'ignored')
      .map(({ name, shape }) => {
        const size = shape.reduce((product, length) => product * length, 1);
        return [name, { shape, values: all.slice(at, (at += size)) }];
      }),
  );
}

async function floats(name) {
  return new Float32Array(await bytes(name));
}

async function bytes(name) {
  const { buffer, byteOffset, byteLength } = await readFile(join(folder, name));
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

await serve(({ job }) => jobs[job]());
