// vegcn.mjs FOLDER DIM K HIDDEN THREADS: the steps of GCN-V and GCN-E by l2c, on the files that ../benches/vegcn.mjs wrote.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Features, ForwardModel, projectedRows, Trainer } from '../../packages/core/dist/index.js';
import { sgd } from '../../packages/core/dist/model/optimizers.js';
import { parametersOf } from '../../packages/core/dist/model/parameters.js';
import { confidenceTarget } from '../../packages/plugin-vegcn/dist/confidence-targets.js';
import { connectivity } from '../../packages/plugin-vegcn/dist/connectivity.js';
import { gcnEModel } from '../../packages/plugin-vegcn/dist/gcn-e-model.js';
import { gcnVModel } from '../../packages/plugin-vegcn/dist/gcn-v-model.js';
import { knnAdjacency } from '../../packages/plugin-vegcn/dist/knn-adjacency.js';
import { ignore, quietCompute } from '../quiet-compute.mjs';
import { serve } from '../side.mjs';

const [folder, ...numbers] = process.argv.slice(2);
const [dim, k, hidden, threads] = numbers.map(Number);
const services = { progress: { update: ignore }, signal: new AbortController().signal };

const values = await floats('features.bin');
const n = values.length / dim;
const features = new Features(n, dim, [values], 2 ** Math.ceil(Math.log2(n)));
const knn = { n, k, ids: new Int32Array(await bytes('ids.bin')), similarities: await floats('similarities.bin') };
const truth = new Int32Array(await bytes('labels.bin'));
const confidences = await floats('confidences.bin');
const subGraphs = { ignoreRatio: 0.8, ignoreSmallConfidence: true, candidatesOnly: true, minSimilarity: 0 };

const compute = await quietCompute(threads);
const single = await quietCompute(1, compute.engine);
const [modelV, modelE] = [gcnVModel(dim, hidden), gcnEModel(dim, hidden)];
const [weightsV, weightsE] = [await weightsOf(modelV, 'weights-v.bin'), await weightsOf(modelE, 'weights-e.bin')];
const forwardV = await ForwardModel.open(modelV, weightsV, compute);
const forwardE = await ForwardModel.open(modelE, weightsE, compute, { shared: true });
const adjacency = knnAdjacency(knn, 0);
const training = await trainingStep();

const jobs = {
  async 'gcn-v forward'() {
    const embedding = new Float32Array(n * hidden);
    const tap = (rows, start, count) => embedding.set(rows.subarray(0, count * hidden), start * hidden);
    return { value: sum(await forwardV.run(features, { adjacency }, { embedding: tap })), engine: compute.description };
  },
  'gcn-v training step': training,
  async 'gcn-e'() {
    let [value, nodes, graphs] = [0, 0, 0];
    const rows = (used) => projectedRows(forwardE, features, used);
    await connectivity(forwardE, rows, knn, confidences, subGraphs, services, ({ members, logProbabilities }) => {
      nodes += members.length;
      // the peer looks at one sub-graph in ten
      if (graphs++ % 10 === 0) value += sum(logProbabilities);
    });
    return { value, nodes, graphs, engine: compute.description };
  },
  targets: () => ({ value: sum(confidenceTarget('s_nbr', features, knn, truth)) }),
  multiply,
};

/** A step as `fit` makes it: gradients, then SGD. What is propagated of the features is made by the first step and kept. */
async function trainingStep() {
  const trainer = await Trainer.open(modelV, weightsV, 'mse', { keep: true, device: 'cpu', compute });
  const batch = { source: features, graph: { adjacency }, targets: confidences, weights: new Float32Array(n).fill(1) };
  const optimizer = sgd({ momentum: 0.9, weightDecay: 1e-5 });
  const states = new Map();
  const weights = trainer.weights();
  return () => {
    const { loss, gradients } = trainer.gradients(batch);
    for (const [name, gradient] of gradients) {
      const { values: moved } = weights.get(name);
      if (!states.has(name)) states.set(name, optimizer.start(moved.length));
      optimizer.step(moved, gradient, states.get(name), 0.01);
      trainer.assign(name, moved);
    }
    return { value: loss, engine: `TensorFlow.js on ${trainer.backend}` };
  };
}

/** Products of the size of a hidden layer, over and over: multiply-adds per second of CPU time, times two. */
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

async function weightsOf(model, file) {
  const all = await floats(file);
  let at = 0;
  return new Map(
    parametersOf(model).map(({ name, shape }) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return [name, { shape, values: all.slice(at, (at += size)) }];
    }),
  );
}

function sum(list) {
  let total = 0;
  for (const value of list) total += value;
  return total;
}

async function floats(name) {
  return new Float32Array(await bytes(name));
}

async function bytes(name) {
  const { buffer, byteOffset, byteLength } = await readFile(join(folder, name));
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

await serve(({ job }) => jobs[job]());
