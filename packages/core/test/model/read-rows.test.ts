import { expect } from 'chai';
import type { SparseMatrix } from '../../src/compute/kernels/sparse-matrix.js';
import { loadPlain } from '../../src/compute/plain.js';
import { compile } from '../../src/model/compile.js';
import { ForwardModel } from '../../src/model/forward.js';
import { gatherRows } from '../../src/model/gather.js';
import { rowsOf, type GraphBatch } from '../../src/model/graph-batch.js';
import type { Layer, Model } from '../../src/model/layers.js';
import { readRows } from '../../src/model/read-rows.js';
import { Trainer } from '../../src/model/trainer.js';
import { byDefinition, drawnWeights, noise } from './every-layer.js';

const n = 40;

/** Paths of some nodes: each node hears the one before it and the one behind it, by rows that don't sum to 1. */
function path(length = n): SparseMatrix {
  const offsets = new Int32Array(n + 1);
  const [indices, weights]: [number[], number[]] = [[], []];
  for (let i = 0; i < n; i++) {
    for (const j of [i - 1, i + 1]) {
      if (j < 0 || j >= n || Math.floor(i / length) !== Math.floor(j / length)) continue;
      indices.push(j);
      weights.push(0.3 + 0.01 * i + 0.2 * (j - i));
    }
    offsets[i + 1] = indices.length;
  }
  return { rows: n, columns: n, offsets, indices: Int32Array.from(indices), weights: Float32Array.from(weights) };
}

const conv = (name: string, inputs: number, outputs: number, aggregate: 'concat' | 'replace'): Layer[] => [
  { type: 'graph-convolution', name, inputs, outputs, aggregate, bias: true },
  { type: 'relu' },
];
const select: Layer = { type: 'select' };
const linear: Layer = { type: 'linear', name: 'z', inputs: 4, outputs: 2, bias: true };
const model = (name: string, ...layers: Layer[]): Model => ({ name, inputs: 6, layers: [...layers, select, linear] });

const models = [
  model('concat, ever wider', ...conv('a', 6, 6, 'concat'), ...conv('b', 6, 7, 'concat'), ...conv('c', 7, 4, 'concat')),
  model(
    'concat, ever narrower',
    ...conv('a', 6, 5, 'concat'),
    ...conv('b', 5, 4, 'concat'),
    ...conv('c', 4, 4, 'concat'),
  ),
  model('replace', ...conv('a', 6, 7, 'replace'), ...conv('b', 7, 4, 'replace')),
  model(
    'propagation alone',
    { type: 'aggregate' },
    { type: 'aggregate' },
    { ...linear, name: 'y', inputs: 6, outputs: 4 },
  ),
  model('a tap between', ...conv('a', 6, 5, 'concat'), { type: 'tap', name: 't' }, ...conv('b', 5, 4, 'concat')),
  model('none before', { ...linear, name: 'y', inputs: 6, outputs: 4 }, ...conv('a', 4, 4, 'concat')),
];

function near(actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  expect(actual.length, what).to.equal(expected.length);
  expected.forEach((value, i) => expect(Math.abs(actual[i] - value), `${what} ${i}`).below(1e-4));
}

describe('rows that are not read', () => {
  const adjacency = path();
  const x = noise(6 * n, 4);
  const batches: Record<string, GraphBatch> = {
    few: { adjacency, selected: Int32Array.of(31, 3, 4, 31) },
    'at the ends': { adjacency, selected: Int32Array.of(0, n - 1) },
    none: { adjacency, selected: new Int32Array(0) },
    all: { adjacency, selected: Int32Array.from({ length: n }, (_, i) => n - 1 - i) },
  };

  it('are as many as don’t lead to a selected row', () => {
    const counts = (which: Model, batch: GraphBatch) =>
      readRows(compile(which, drawnWeights(which), false).stages, batch).map((read) => read?.matrix.rows);
    // 3, 4, 31 and what is next to them; twice what was asked for twice, where it is read
    expect(counts(models[0], batches['few'])).to.deep.equal([11, 7, 4, undefined]);
    expect(counts(models[0], batches['all'])).to.deep.equal([undefined, undefined, undefined, undefined]);
    expect(counts(models[4], batches['few']).slice(-2)).to.deep.equal([4, undefined]);
    expect(counts(models[0], { adjacency }), 'nothing selected').to.deep.equal(new Array(4).fill(undefined));
  });

  for (const which of models) {
    for (const [name, batch] of Object.entries(batches)) {
      it(`change nothing: ${which.name}, ${name}`, async () => {
        const weights = drawnWeights(which);
        const compute = await loadPlain({ device: 'cpu', threads: 1 });
        const forward = await ForwardModel.open(which, weights, compute);
        const seen = new Float32Array(5 * n);
        const t = (values: Float32Array, start: number, count: number): void =>
          seen.set(values.subarray(0, 5 * count), 5 * start);
        near(await forward.run(rowsOf(x, 6), batch, { t }), byDefinition(which, weights, x, batch), which.name);
        const upTo = which.layers.findIndex(({ type }) => type === 'tap');
        if (upTo === -1) return;
        const shown = byDefinition({ ...which, layers: which.layers.slice(0, upTo) }, weights, x, batch);
        near(seen, shown, 'tap');
      });
    }
  }

  it('change nothing where rows are gathered of a table, less those of their pivots', async () => {
    const [which] = models;
    const weights = drawnWeights(which);
    const forward = await ForwardModel.open(which, weights, await loadPlain({ device: 'cpu', threads: 1 }), {
      shared: true,
    });
    const table = rowsOf(noise(6 * 9, 2), 6);
    const projected = await forward.project(table);
    const members = Int32Array.from({ length: n }, (_, r) => (5 * r) % 9);
    const pivots = Int32Array.from({ length: n }, (_, r) => Math.floor(r / 16));
    const rows = new Float32Array(6 * n);
    gatherRows(table, { members, pivots }, undefined).copyRows(0, n, rows);
    for (const [name, { selected }] of Object.entries(batches)) {
      const batch = { adjacency: path(16), selected };
      const found = await forward.run(forward.gather(projected, { members, pivots }), batch);
      near(found, byDefinition(which, weights, rows, batch), name);
    }
  });
});

describe('rows of zeros that are counted', () => {
  it('are to a batch norm as if they were there', async () => {
    const norm: Layer = { type: 'batch-norm', name: 'bn', channels: 6, affine: false, momentum: 0.1, epsilon: 1e-5 };
    const which: Model = { ...models[0], layers: [norm, ...models[0].layers] };
    const weights = drawnWeights(which);
    const adjacency = path();
    const selected = Int32Array.of(1, 8);
    const x = noise(6 * n, 4);
    const more = 25;
    const padded = new Float32Array(6 * (n + more));
    padded.set(x);
    const offsets = new Int32Array(n + more + 1).fill(adjacency.offsets[n]);
    offsets.set(adjacency.offsets);
    const outcome = async (values: Float32Array, graph: GraphBatch) => {
      const trainer = await Trainer.open(which, weights, 'nll');
      const given = { targets: Float32Array.of(0, 1), weights: Float32Array.of(1, 1) };
      const { loss } = trainer.gradients({ source: rowsOf(values, 6), graph, ...given });
      const running = trainer.weights();
      trainer.dispose();
      const statistics = ['bn.running_mean', 'bn.running_var'].flatMap((name) => [...running.get(name)!.values]);
      return [loss, ...statistics];
    };
    const there = await outcome(padded, {
      adjacency: { ...adjacency, rows: n + more, columns: n + more, offsets },
      selected,
    });
    const counted = await outcome(x, { adjacency, selected, zeroRows: more });
    there.forEach((value, i) => expect(Math.abs(counted[i] - value)).below(1e-5));
    const without = await outcome(x, { adjacency, selected });
    expect(Math.abs(without[0] - there[0])).above(1e-3);
  });
});
