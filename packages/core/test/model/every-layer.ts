import type { Tensor } from '../../src/stages/interfaces.js';
import type { SparseMatrix } from '../../src/compute/kernels/sparse-matrix.js';
import type { GraphBatch } from '../../src/model/graph-batch.js';
import type { Layer, Model } from '../../src/model/layers.js';
import { initialWeights } from '../../src/model/parameters.js';
import { createRandom } from '../../src/stages/random.js';

/** 11 nodes of three graphs (4, 1 and 6), no edges between them: rows that sum to 1, one that is empty. */
export function smallBatch(seed = 5): GraphBatch & { adjacency: SparseMatrix } {
  const random = createRandom(seed);
  const graphs = Int32Array.of(0, 4, 5, 11);
  const offsets = [0];
  const indices: number[] = [];
  const weights: number[] = [];
  for (let g = 0; g < 3; g++) {
    for (let r = graphs[g]; r < graphs[g + 1]; r++) {
      if (r !== 7) {
        const row: [number, number][] = [[r, 1]];
        for (let c = graphs[g]; c < graphs[g + 1]; c++)
          if (c !== r && random.next() < 0.6) row.push([c, random.next()]);
        const sum = row.reduce((total, [, weight]) => total + weight, 0);
        for (const [c, weight] of row.sort((a, b) => a[0] - b[0])) {
          indices.push(c);
          weights.push(weight / sum);
        }
      }
      offsets.push(indices.length);
    }
  }
  const adjacency = {
    rows: 11,
    columns: 11,
    offsets: Int32Array.from(offsets),
    indices: Int32Array.from(indices),
    weights: Float32Array.from(weights),
  };
  return { adjacency, graphs, selected: Int32Array.of(9, 0, 4, 5) };
}

export function noise(length: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return new Float32Array(length).map(() => random.normal());
}

/** Weights of a model that are all drawn, slopes and statistics too: no layer may hide behind ones and zeros. */
export function drawnWeights(model: Model, seed = 3): Map<string, Tensor> {
  const random = createRandom(seed);
  return new Map(
    [...initialWeights(model, random)].map(([name, { shape, values }]) => {
      const positive = name.endsWith('running_var');
      return [
        name,
        { shape, values: values.map(() => (positive ? 0.5 + random.next() : random.normal() / Math.sqrt(shape[0]))) },
      ];
    }),
  );
}

const conv = (name: string, inputs: number, outputs: number, aggregate: 'concat' | 'replace', bias = true): Layer => ({
  type: 'graph-convolution',
  name,
  inputs,
  outputs,
  aggregate,
  bias,
});
const linear = (name: string, inputs: number, outputs: number): Layer => ({
  type: 'linear',
  name,
  inputs,
  outputs,
  bias: true,
});

/** Models that between them hold every type of layer, each propagation on either side of its product. */
export const models: readonly Model[] = [
  { name: 'concat, wider', inputs: 6, layers: [conv('a', 6, 9, 'concat'), { type: 'relu' }] },
  { name: 'concat, narrower', inputs: 6, layers: [conv('a', 6, 4, 'concat'), { type: 'relu' }] },
  { name: 'replace, wider', inputs: 6, layers: [conv('a', 6, 9, 'replace'), { type: 'relu' }] },
  { name: 'replace, narrower', inputs: 6, layers: [conv('a', 6, 4, 'replace'), { type: 'relu' }] },
  { name: 'without bias', inputs: 6, layers: [conv('a', 6, 4, 'concat', false), conv('b', 4, 5, 'replace', false)] },
  {
    name: 'many convolutions',
    inputs: 6,
    layers: [
      { type: 'tap', name: 'input' },
      conv('a', 6, 8, 'concat'),
      { type: 'relu' },
      conv('b', 8, 5, 'concat'),
      { type: 'tap', name: 'middle' },
      conv('c', 5, 3, 'replace'),
      conv('d', 3, 3, 'concat'),
    ],
  },
  {
    name: 'linear, prelu, log-softmax',
    inputs: 6,
    layers: [linear('a', 6, 7), { type: 'prelu', name: 'p', channels: 7 }, linear('b', 7, 3), { type: 'log-softmax' }],
  },
  { name: 'softmax', inputs: 6, layers: [linear('a', 6, 4), { type: 'softmax' }] },
  {
    name: 'prelu and sigmoid by themselves',
    inputs: 6,
    layers: [{ type: 'prelu', name: 'p', channels: 6 }, { type: 'sigmoid' }],
  },
  {
    name: 'propagation without weights',
    inputs: 6,
    layers: [{ type: 'aggregate' }, { type: 'aggregate' }, linear('a', 6, 2)],
  },
  ...(['max', 'mean', 'sum'] as const).map((reduce): Model => ({
    name: `pool ${reduce}`,
    inputs: 6,
    layers: [conv('a', 6, 5, 'replace'), { type: 'relu' }, { type: 'pool', reduce }, linear('b', 5, 1)],
  })),
  {
    name: 'selected rows',
    inputs: 6,
    layers: [conv('a', 6, 6, 'concat'), { type: 'relu' }, { type: 'select' }, linear('b', 6, 2)],
  },
  {
    name: 'dropout that drops nothing while running',
    inputs: 6,
    layers: [linear('a', 6, 6), { type: 'dropout', rate: 0.5, of: 'rows' }, linear('b', 6, 1)],
  },
];

/** x (rows x columns) by the definition of each layer, in double precision and in running mode: slow, and plain to see. */
export function byDefinition(model: Model, weights: ReadonlyMap<string, Tensor>, x: Float32Array, batch: GraphBatch) {
  let rows = Array.from({ length: x.length / model.inputs }, (_, r) => [
    ...x.subarray(r * model.inputs, (r + 1) * model.inputs),
  ]);
  const values = (name: string) => weights.get(name)!.values;
  const propagated = (): number[][] => {
    const { offsets, indices, weights: entries } = batch.adjacency!;
    return rows.map((row, r) =>
      row.map((_, c) => {
        let sum = 0;
        for (let e = offsets[r]; e < offsets[r + 1]; e++) sum += entries[e] * rows[indices[e]][c];
        return sum;
      }),
    );
  };
  for (const layer of model.layers) {
    switch (layer.type) {
      case 'graph-convolution': {
        const ax = propagated();
        const inputs = layer.aggregate === 'concat' ? rows.map((row, r) => [...row, ...ax[r]]) : ax;
        const w = values(`${layer.name}.weight`);
        rows = inputs.map((row) =>
          Array.from({ length: layer.outputs }, (_, o) =>
            row.reduce(
              (sum, value, i) => sum + value * w[i * layer.outputs + o],
              layer.bias ? values(`${layer.name}.bias`)[o] : 0,
            ),
          ),
        );
        break;
      }
      case 'linear': {
        const w = values(`${layer.name}.weight`);
        rows = rows.map((row) =>
          Array.from({ length: layer.outputs }, (_, o) =>
            row.reduce((sum, value, i) => sum + value * w[o * layer.inputs + i], values(`${layer.name}.bias`)[o]),
          ),
        );
        break;
      }
      case 'aggregate':
        rows = propagated();
        break;
      case 'relu':
        rows = rows.map((row) => row.map((value) => Math.max(0, value)));
        break;
      case 'sigmoid':
        rows = rows.map((row) => row.map((value) => 1 / (1 + Math.exp(-value))));
        break;
      case 'prelu':
        rows = rows.map((row) =>
          row.map((value, c) => (value < 0 ? value * values(`${layer.name}.weight`)[c] : value)),
        );
        break;
      case 'softmax':
      case 'log-softmax':
        rows = rows.map((row) => {
          const sum = row.reduce((total, value) => total + Math.exp(value), 0);
          return row.map((value) => (layer.type === 'softmax' ? Math.exp(value) / sum : value - Math.log(sum)));
        });
        break;
      case 'batch-norm': {
        const part = (name: string, c: number, otherwise: number) =>
          weights.get(`${layer.name}.${name}`)?.values[c] ?? otherwise;
        rows = rows.map((row) =>
          row.map(
            (value, c) =>
              ((value - part('running_mean', c, 0)) / Math.sqrt(part('running_var', c, 1) + layer.epsilon)) *
                part('weight', c, 1) +
              part('bias', c, 0),
          ),
        );
        break;
      }
      case 'pool': {
        const graphs = batch.graphs!;
        rows = Array.from({ length: graphs.length - 1 }, (_, g) => {
          const members = rows.slice(graphs[g], graphs[g + 1]);
          return members[0].map((_, c) => {
            const column = members.map((row) => row[c]);
            const sum = column.reduce((total, value) => total + value, 0);
            if (layer.reduce === 'max') return Math.max(...column);
            return layer.reduce === 'sum' ? sum : sum / column.length;
          });
        });
        break;
      }
      case 'select':
        rows = Array.from(batch.selected!, (r) => rows[r]);
        break;
      case 'dropout':
      case 'tap':
        break;
    }
  }
  return rows.flat();
}

/** A dense copy of a sparse matrix. */
export function dense(matrix: SparseMatrix): number[][] {
  return Array.from({ length: matrix.rows }, (_, r) => {
    const row = new Array<number>(matrix.columns).fill(0);
    for (let e = matrix.offsets[r]; e < matrix.offsets[r + 1]; e++) row[matrix.indices[e]] += matrix.weights[e];
    return row;
  });
}
