import { expect } from 'chai';
import { rowsOf } from '../../src/model/graph-batch.js';
import { fit, type FitOptions, type FitTask } from '../../src/model/fit.js';
import type { Model } from '../../src/model/layers.js';
import { adam, sgd, steppedRate } from '../../src/model/optimizers.js';
import { poolGradient, poolRows } from '../../src/model/pool.js';
import { Trainer, type TrainingBatch } from '../../src/model/trainer.js';
import { L2cError } from '../../src/errors.js';
import { memoryCheckpoints, testServices } from '../../src/testing/test-services.js';
import { drawnWeights, models, noise, smallBatch } from './every-layer.js';

const graph = smallBatch();
const source = rowsOf(noise(11 * 6, 8), 6);
const affine: Model = {
  name: 'batch norm inside',
  inputs: 6,
  layers: [
    { type: 'linear', name: 'a', inputs: 6, outputs: 4, bias: true },
    { type: 'batch-norm', name: 'bn', channels: 4, affine: true, momentum: 0.1, epsilon: 1e-5 },
    { type: 'graph-convolution', name: 'c', inputs: 4, outputs: 3, aggregate: 'concat', bias: true },
  ],
};

/** Ends a model in one column, so that it has a squared loss. */
function toOneColumn(model: Model, columns: number): Model {
  return {
    ...model,
    layers: [...model.layers, { type: 'linear', name: 'end', inputs: columns, outputs: 1, bias: false }],
  };
}

function columnsOf(model: Model, trainer: Trainer, rows: number): number {
  return trainer.predict({ source, graph }).length / rows;
}

function rowsOut(model: Model): number {
  if (model.layers.some(({ type }) => type === 'pool')) return 3;
  return model.layers.some(({ type }) => type === 'select') ? 4 : 11;
}

describe('gradients', () => {
  for (const model of [...models, affine]) {
    it(`are those of finite differences: ${model.name}`, async () => {
      const rows = rowsOut(model);
      const open = await Trainer.open(model, drawnWeights(model), 'mse');
      const whole = toOneColumn(model, columnsOf(model, open, rows));
      open.dispose();
      const weights = drawnWeights(whole);
      const trainer = await Trainer.open(whole, weights, 'mse');
      const batch: TrainingBatch = {
        source,
        graph,
        targets: noise(rows, 4),
        weights: noise(rows, 6).map(Math.abs),
      };
      const { gradients } = trainer.gradients(batch);
      const learned = [...weights.keys()].filter((name) => !name.includes('running'));
      expect([...gradients.keys()]).to.deep.equal(learned);
      const step = 2 ** -10; // short: a longer one crosses the kinks of relu
      for (const [name, gradient] of gradients) {
        const { values } = weights.get(name)!;
        for (const i of [0, values.length >> 1, values.length - 1]) {
          const lossAt = (value: number): number => {
            trainer.assign(
              name,
              values.map((kept, at) => (at === i ? value : kept)),
            );
            const { loss } = trainer.gradients(batch);
            trainer.assign(name, values);
            return loss;
          };
          const slope = (lossAt(values[i] + step) - lossAt(values[i] - step)) / (2 * step);
          expect(gradient[i], `${name} ${i}`).closeTo(slope, 0.02 * Math.max(0.1, Math.abs(slope)));
        }
      }
      trainer.dispose();
    });
  }

  it('of log probabilities, rows of weight 0 left out', async () => {
    const model = models.find(({ name }) => name.includes('log-softmax'))!;
    const trainer = await Trainer.open(model, drawnWeights(model), 'nll');
    const logs = trainer.predict({ source, graph });
    const targets = Float32Array.of(0, 2, 1, -100, 0, 0, 1, 1, 2, 2, 0);
    const weights = Float32Array.of(1, 2, 1, 0, 0.5, 1, 1, 1, 1, 1, 1);
    const { loss } = trainer.gradients({ source, graph, targets, weights });
    trainer.dispose();
    let [sum, total] = [0, 0];
    for (let r = 0; r < 11; r++) {
      if (weights[r] === 0) continue;
      sum -= weights[r] * logs[r * 3 + targets[r]];
      total += weights[r];
    }
    expect(loss).closeTo(sum / total, 1e-5);
  });

  it('drop rows by a mask, or by chance, and scale up what stays', async () => {
    const model: Model = {
      name: 'dropping',
      inputs: 6,
      layers: [{ type: 'dropout', rate: 0.75, of: 'rows' }],
    };
    const trainer = await Trainer.open(model, new Map(), 'mse');
    const input = { source, graph };
    const mask = new Float32Array(11).fill(1).fill(0, 3, 5);
    const values = trainer.predict(input, { masks: new Map([[0, mask]]) });
    const x = noise(11 * 6, 8);
    for (let i = 0; i < 66; i++) expect(values[i]).closeTo(mask[Math.floor(i / 6)] * 4 * x[i], 1e-5);
    const { random } = testServices();
    const drawn = trainer.predict(input, { random: random(1) });
    const kept = Array.from({ length: 11 }, (_, r) => drawn[r * 6] !== 0);
    for (let i = 0; i < 66; i++) expect(drawn[i]).closeTo(kept[Math.floor(i / 6)] ? 4 * x[i] : 0, 1e-5);
    expect(kept.filter(Boolean).length).within(1, 6);
    trainer.dispose();
  });

  it('move the running statistics of batch norm, unbiased', async () => {
    const model: Model = {
      name: 'norm',
      inputs: 6,
      layers: [
        { type: 'batch-norm', name: 'bn', channels: 6, affine: false, momentum: 0.1, epsilon: 1e-5 },
        { type: 'linear', name: 'a', inputs: 6, outputs: 1, bias: true },
      ],
    };
    const before = drawnWeights(model);
    const trainer = await Trainer.open(model, before, 'mse');
    trainer.gradients({ source, graph, targets: new Float32Array(11), weights: new Float32Array(11).fill(1) });
    const after = trainer.weights();
    trainer.dispose();
    const column = Array.from({ length: 11 }, (_, r) => noise(66, 8)[r * 6]);
    const mean = column.reduce((sum, value) => sum + value, 0) / 11;
    const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 10;
    const value = (weights: typeof after, name: string): number => weights.get(`bn.${name}`)!.values[0];
    expect(value(after, 'running_mean')).closeTo(0.9 * value(before, 'running_mean') + 0.1 * mean, 1e-5);
    expect(value(after, 'running_var')).closeTo(0.9 * value(before, 'running_var') + 0.1 * variance, 1e-5);
  });

  it('leave no tensor behind', async () => {
    const model = toOneColumn(affine, 3);
    const batch = { source, graph, targets: new Float32Array(11), weights: new Float32Array(11).fill(1) };
    const count = (): number =>
      (globalThis as unknown as { _tfengine: { memory(): { numTensors: number } } })._tfengine.memory().numTensors;
    const before = count();
    const trainer = await Trainer.open(model, drawnWeights(model), 'mse', { keep: true });
    trainer.gradients(batch);
    const once = count();
    trainer.gradients(batch);
    expect(count()).to.equal(once);
    trainer.dispose();
    expect(count()).to.equal(before);
  });
});

describe('optimizers', () => {
  it('sgd: the first buffer is the gradient, later ones add momentum; decay pulls at the weight', () => {
    const optimizer = sgd({ momentum: 0.5, weightDecay: 0.25 });
    const weights = Float32Array.of(2);
    const state = optimizer.start(1);
    optimizer.step(weights, Float32Array.of(1), state, 0.5); // g = 1.5, buffer 1.5
    expect(weights[0]).to.equal(1.25);
    optimizer.step(weights, Float32Array.of(1), state, 0.5); // g = 1.3125, buffer 2.0625
    expect(weights[0]).to.equal(0.21875);
  });

  it('adam: the first step is the rate, whatever the gradient; a constant gradient keeps to it', () => {
    const optimizer = adam({ weightDecay: 0 });
    const weights = Float32Array.of(1, 1);
    const state = optimizer.start(2);
    for (let step = 1; step <= 3; step++) {
      optimizer.step(weights, Float32Array.of(100, -0.01), state, 0.125);
      expect(weights[0]).closeTo(1 - 0.125 * step, 1e-4);
      expect(weights[1]).closeTo(1 + 0.125 * step, 1e-4);
    }
  });

  it('the rate falls to a tenth at each milestone, from that epoch on', () => {
    const rates = [0, 24, 25, 39, 40, 45].map((epoch) => steppedRate(0.1, 0.1, [25, 40, 45], epoch));
    [0.1, 0.1, 0.01, 0.01, 0.001, 0.0001].forEach((rate, e) => expect(rates[e]).closeTo(rate, 1e-12));
  });
});

describe('pooling', () => {
  const values = Float32Array.of(1, 5, 3, 2, 3, 9, -1, -2);
  const graphs = Int32Array.of(0, 3, 3, 4);

  it('reduces the rows of each graph; a graph without rows is zero', () => {
    expect([...poolRows(values, 2, graphs, 'max').values]).to.deep.equal([3, 9, 0, 0, -1, -2]);
    expect([...poolRows(values, 2, graphs, 'sum').values]).to.deep.equal([7, 16, 0, 0, -1, -2]);
    expect(poolRows(values, 2, graphs, 'mean').values[1]).closeTo(16 / 3, 1e-6);
  });

  it('gives the gradient of a maximum to the first row that has it', () => {
    const { winners } = poolRows(values, 2, graphs, 'max');
    const gradient = Float32Array.of(10, 20, 30, 40, 50, 60);
    expect([...poolGradient(gradient, 2, 4, graphs, 'max', winners)]).to.deep.equal([0, 0, 10, 0, 0, 20, 50, 60]);
  });
});

describe('fit', () => {
  const model = toOneColumn(affine, 3);
  const options: FitOptions = {
    optimizer: 'sgd',
    epochs: 6,
    learningRate: 0.05,
    momentum: 0.9,
    weightDecay: 1e-4,
    milestones: [4],
    patience: 0,
    seed: 2,
  };
  const batches = [1, 2, 3].map((seed) => ({
    source,
    graph,
    targets: noise(11, seed),
    weights: new Float32Array(11).fill(1),
  }));
  const task = (given: Partial<FitTask> = {}): FitTask => ({
    model,
    loss: 'mse',
    batches: (epoch) => [batches[epoch % 3], batches[(epoch + 1) % 3]],
    sameEachEpoch: false,
    fingerprint: 'toy',
    ...given,
  });

  it('gives the same losses after a stop, running statistics and adam included', async () => {
    for (const optimizer of ['sgd', 'adam'] as const) {
      const whole = await fit(task(), { ...options, optimizer }, testServices());
      expect(whole.record.losses).to.have.length(12);
      const checkpoints = memoryCheckpoints();
      const stop = new AbortController();
      const update = (done: number): void => void (done === 3 && stop.abort());
      const services = testServices({ checkpoints, signal: stop.signal, progress: { update } });
      let error: unknown;
      await fit(task(), { ...options, optimizer }, services).catch((thrown: unknown) => (error = thrown));
      expect(error).to.have.property('name', 'AbortError');
      const rest = await fit(task(), { ...options, optimizer }, testServices({ checkpoints }));
      expect(rest.record).to.deep.equal({ ...whole.record, resumedAt: 3 });
      expect([...rest.weights]).to.deep.equal([...whole.weights]);
    }
  });

  it('does not go on with a checkpoint of other data', async () => {
    const checkpoints = memoryCheckpoints();
    await fit(task(), options, testServices({ checkpoints }));
    const other = await fit(task({ fingerprint: 'other' }), options, testServices({ checkpoints }));
    expect(other.record.resumedAt).to.equal(0);
  });

  it('does not go on with a damaged checkpoint', async () => {
    const checkpoints = memoryCheckpoints();
    await checkpoints.write(`${model.name}.training.safetensors`, Uint8Array.of(1, 2, 3));
    expect((await fit(task(), options, testServices({ checkpoints }))).record.resumedAt).to.equal(0);
  });

  it('says that training diverged', async () => {
    let error: unknown;
    const run = fit(task(), { ...options, learningRate: 1e30, epochs: 30 }, testServices());
    await run.catch((thrown: unknown) => (error = thrown));
    expect(error).instanceOf(L2cError).with.property('code', 'E_STAGE');
    expect((error as Error).message)
      .to.contain('diverged')
      .and.to.contain('lower learningRate');
  });
});
