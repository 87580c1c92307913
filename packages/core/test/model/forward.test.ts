import { expect } from 'chai';
import type { Compute } from '../../src/compute/compute.js';
import { createCompute } from '../../src/compute/create-compute.js';
import { Features } from '../../src/data/features.js';
import { L2cError } from '../../src/errors.js';
import { ForwardModel } from '../../src/model/forward.js';
import { rowsOf } from '../../src/model/graph-batch.js';
import type { Layer, Model } from '../../src/model/layers.js';
import { initialWeights, weightProblems } from '../../src/model/parameters.js';
import { Trainer } from '../../src/model/trainer.js';
import { createRandom } from '../../src/stages/random.js';
import { testServices } from '../../src/testing/test-services.js';
import { byDefinition, drawnWeights, models, noise, smallBatch } from './every-layer.js';

const { log } = testServices();
const batch = smallBatch();
const x = noise(11 * 6, 8);
const batchNorm: Layer = { type: 'batch-norm', name: 'bn', channels: 6, affine: true, momentum: 0.1, epsilon: 1e-5 };
/** Training takes the statistics of the batch: these run with the running ones, and are compared to the definition alone. */
const normed: Model = { name: 'batch norm', inputs: 6, layers: [batchNorm, ...models[0].layers] };

describe('a model', () => {
  const engines: Compute[] = [];
  before(async () => {
    for (const engine of ['plain', 'tfjs', 'onnxruntime'] as const) {
      try {
        engines.push(await createCompute({ engine, device: 'cpu', threads: 1 }, log));
      } catch (error) {
        if (engine !== 'onnxruntime') throw error; // it is optional
      }
    }
  });
  after(async () => {
    for (const compute of engines) await compute.dispose();
  });

  for (const model of [...models, normed]) {
    it(`says what its layers are defined to say: ${model.name}`, async () => {
      const weights = drawnWeights(model);
      const expected = byDefinition(model, weights, x, batch);
      expect(Math.max(...expected.map(Math.abs))).above(1e-3);
      for (const compute of engines) {
        const forward = await ForwardModel.open(model, weights, compute);
        near(await forward.run(rowsOf(x, 6), batch), expected, compute.engine);
        await forward.dispose();
      }
      if (model === normed) return;
      const trainer = await Trainer.open(model, weights, 'mse');
      near(trainer.predict({ source: rowsOf(x, 6), graph: batch }), expected, 'trainer');
      trainer.dispose();
    });
  }

  it('trains batch norm by the batch: with its statistics as the running ones, both agree', async () => {
    const weights = drawnWeights(normed);
    const [mean, variance] = [new Float32Array(6), new Float32Array(6)];
    for (let i = 0; i < x.length; i++) mean[i % 6] += x[i] / 11;
    for (let i = 0; i < x.length; i++) variance[i % 6] += (x[i] - mean[i % 6]) ** 2 / 11;
    weights.set('bn.running_mean', { shape: [6], values: mean });
    weights.set('bn.running_var', { shape: [6], values: variance });
    const trainer = await Trainer.open(normed, weights, 'mse');
    const trained = trainer.predict({ source: rowsOf(x, 6), graph: batch });
    trainer.dispose();
    const forward = await ForwardModel.open(normed, weights, engines[0]);
    near(trained, await forward.run(rowsOf(x, 6), batch), 'trainer');
  });

  it('shows the rows at its taps', async () => {
    const model = models.find(({ name }) => name === 'many convolutions')!;
    const weights = drawnWeights(model);
    const upTo = model.layers.findIndex((layer) => layer.type === 'tap' && layer.name === 'middle');
    const seen = { input: new Float32Array(11 * 6), middle: new Float32Array(11 * 5) };
    const forward = await ForwardModel.open(model, weights, engines[0]);
    await forward.run(rowsOf(x, 6), batch, {
      input: (values, start, count) => seen.input.set(values.subarray(0, count * 6), start * 6),
      middle: (values, start, count) => seen.middle.set(values.subarray(0, count * 5), start * 5),
    });
    expect(seen.input).to.deep.equal(x);
    near(seen.middle, byDefinition({ ...model, layers: model.layers.slice(0, upTo) }, weights, x, batch), 'middle');
  });

  it('lets rows pass in blocks', async () => {
    // wide enough that 11 rows are more than one block
    const layers: Layer[] = [
      { type: 'linear', name: 'a', inputs: 6, outputs: 400_000, bias: false },
      { type: 'linear', name: 'b', inputs: 400_000, outputs: 1, bias: false },
    ];
    const model: Model = { name: 'wide', inputs: 6, layers };
    const weights = initialWeights(model, createRandom(1));
    const forward = await ForwardModel.open(model, weights, engines[0]);
    const whole = await forward.run(rowsOf(x, 6));
    const single = await forward.run(rowsOf(x.subarray(60, 66), 6));
    expect(whole).to.have.length(11);
    expect(whole[10]).closeTo(single[0], 1e-6);
  });

  describe('whose graphs share rows', () => {
    const table = Features.from(noise(20 * 6, 9), 6);
    const members = Int32Array.of(3, 0, 19, 7, 7, 1, 2, 3, 4, 5, 6);
    const pivots = Int32Array.of(1, 1, 1, 1, 2, 8, 8, 8, 8, 8, 8);
    const differences = Float32Array.from({ length: 66 }, (_, i) => {
      const [r, c] = [Math.floor(i / 6), i % 6];
      return table.row(members[r])[c] - table.row(pivots[r])[c];
    });
    const chosen = [...models.filter(({ layers }) => layers[0].type === 'graph-convolution'), normed];

    for (const model of chosen) {
      it(`multiplies them once: ${model.name}`, async () => {
        const weights = drawnWeights(model);
        const forward = await ForwardModel.open(model, weights, engines.at(-1)!, { shared: true });
        const projected = await forward.project(table);
        const output = await forward.run(forward.gather(projected, { members, pivots }), batch);
        near(output, byDefinition(model, weights, differences, batch), model.name);
        await forward.dispose();
      });
    }
  });

  it('refuses weights of other shapes, and names them', async () => {
    const weights = drawnWeights(normed);
    weights.set('a.weight', { shape: [10, 9], values: new Float32Array(90) });
    weights.delete('bn.running_mean');
    weights.set('z', { shape: [2], values: new Float32Array(2) });
    weights.set('bn.num_batches_tracked', { shape: [], values: new Float32Array(1) });
    let error: unknown;
    await ForwardModel.open(normed, weights, engines[0], { place: 'w.pth' }).catch(
      (thrown: unknown) => (error = thrown),
    );
    expect(error).instanceOf(L2cError).with.property('code', 'E_WEIGHTS');
    expect((error as L2cError).problems.map(({ place, fact }) => `${place} ${fact}`)).to.deep.equal([
      'w.pth bn.running_mean is missing: batch norm needs it as 6',
      'w.pth a.weight is 10 x 9 where batch norm on 6 dimensions needs 12 x 9',
      'w.pth z 2 is no weight of batch norm',
    ]);
  });

  it('refuses a negative variance, and takes 0', async () => {
    const weights = drawnWeights(normed);
    const variance = weights.get('bn.running_var')!.values;
    variance[2] = 0;
    expect(weightProblems(normed, weights, '')).to.deep.equal([]);
    variance[2] = -1e-6;
    const [{ place, fact }, ...others] = weightProblems(normed, weights, 'w.pth');
    expect([place, fact, others]).to.deep.equal(['w.pth bn.running_var', 'holds a negative variance', []]);
  });

  it('refuses to give what is not finite, in its output and at its taps, and names the file of the weights', async () => {
    const model: Model = {
      name: 'too large',
      inputs: 6,
      layers: [
        { type: 'linear', name: 'a', inputs: 6, outputs: 6, bias: false },
        { type: 'relu' },
        { type: 'tap', name: 'middle' },
        { type: 'linear', name: 'b', inputs: 6, outputs: 1, bias: false },
      ],
    };
    const sized = (a: number, b: number) =>
      new Map([
        ['a.weight', { shape: [6, 6], values: new Float32Array(36).fill(a) }],
        ['b.weight', { shape: [1, 6], values: new Float32Array(6).fill(b) }],
      ]);
    const ones = rowsOf(new Float32Array(12).fill(1), 6);
    for (const compute of engines) {
      const said = async (a: number, b: number, tap: boolean) => {
        const forward = await ForwardModel.open(model, sized(a, b), compute, { place: 'w.pth' });
        const seen: number[] = [];
        const taps = tap ? { middle: (values: Float32Array) => void seen.push(...values) } : {};
        const output = await forward.run(ones, {}, taps).catch((thrown: unknown) => thrown);
        await forward.dispose();
        return { output, seen };
      };
      for (const [a, b, tap] of [
        [1e20, 1e20, false],
        [3e38, 1, false],
        [3e38, 1e-30, true],
      ] as const) {
        // prettier-ignore
        const { output, seen } = await said(a, b, tap);
        expect(output, compute.engine).instanceOf(L2cError).with.property('code', 'E_WEIGHTS');
        expect((output as Error).message).to.match(/^w\.pth: too large: gives (NaN|Infinity)/);
        expect(seen).to.deep.equal([]);
      }
      const fine = await said(1e20, 1e10, true);
      expect(fine.output, compute.engine).to.have.length(2);
      expect(fine.seen).to.have.length(12);
    }
  });

  it('takes no rows', async () => {
    const forward = await ForwardModel.open(models[0], drawnWeights(models[0]), engines[0]);
    const none = {
      rows: 0,
      columns: 0,
      offsets: new Int32Array(1),
      indices: new Int32Array(0),
      weights: new Float32Array(0),
    };
    expect(await forward.run(rowsOf(new Float32Array(0), 6), { adjacency: none })).to.have.length(0);
  });
});

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, who: string): void {
  expect(actual.length, who).to.equal(expected.length);
  for (let i = 0; i < expected.length; i++) expect(actual[i], `${who} value ${i}`).closeTo(expected[i], 1e-4);
}
