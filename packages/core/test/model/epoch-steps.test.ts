import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { L2cError } from '../../src/errors.js';
import { writeWeights } from '../../src/formats/weights.js';
import { epochRandom, epochSteps } from '../../src/model/epoch-steps.js';
import type { Model } from '../../src/model/layers.js';
import { startingWeights, WeightsFile, weightFaults } from '../../src/model/weights-file.js';
import { createRandom } from '../../src/stages/random.js';

const listed = (order: number[], heldOut: number[], batchSize: number): [number[], number][] =>
  [...epochSteps(Int32Array.from(order), Int32Array.from(heldOut), batchSize)].map(({ numbers, learned }) => [
    [...numbers],
    learned,
  ]);

describe('steps of an epoch', () => {
  it('take all in their order, and spread what is held out', () => {
    const steps = listed([5, 3, 8, 1, 9], [7, 2, 4], 2);
    expect(steps).to.deep.equal([
      [[5, 3, 7], 2],
      [[8, 1, 2], 2],
      [[9, 4], 1],
    ]);
    expect(listed([5], [], 10)).to.deep.equal([[[5], 1]]);
    expect(listed([], [1], 2)).to.deep.equal([]);
  });

  it('draw by seed and epoch alone', () => {
    const services = { random: createRandom };
    const next = (seed: number, epoch: number): number => epochRandom(services, seed, epoch).next();
    expect(next(3, 1)).to.equal(next(3, 1));
    expect(new Set([next(3, 1), next(3, 2), next(4, 1)]).size).to.equal(3);
  });
});

describe('a file of weights', () => {
  const folder = mkdtempSync(join(tmpdir(), 'l2c-weights-file-'));
  after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'w.safetensors');
  const linear = (inputs: number): Model => ({
    name: 'toy',
    inputs,
    layers: [{ type: 'linear', name: 'a', inputs, outputs: 2, bias: false }],
  });
  const tensor = { shape: [2, 3], values: Float32Array.from([1, 2, 3, 4, 5, 6]) };
  const withoutNote = (weights: ReadonlyMap<string, typeof tensor>): Map<string, typeof tensor> => {
    const rest = new Map(weights);
    rest.delete('note');
    return rest;
  };

  before(() => writeWeights(path, new Map([['a.weight', tensor], ['note', { shape: [], values: Float32Array.of(1) }]]))); // prettier-ignore

  it('is read once, until it is to be forgotten', async () => {
    const file = new WeightsFile(path);
    expect(await file.weights()).to.equal(await file.weights());
    const before = await file.weights();
    file.forget();
    expect(await file.weights()).not.to.equal(before);
  });

  it('starts a training if it is of the model, less what is none of its weights', async () => {
    expect(await startingWeights(linear(3), '')).to.equal(undefined);
    const weights = await startingWeights(linear(3), path, withoutNote as never);
    expect([...weights!.keys()]).to.deep.equal(['a.weight']);
    const refused = await startingWeights(linear(4), path, withoutNote as never).catch((error: unknown) => error);
    expect((refused as L2cError).code).to.equal('E_WEIGHTS');
    expect((refused as L2cError).message).to.include('a.weight');
  });

  it('is at fault under the option that names it', () => {
    expect(weightFaults(linear(3), new Map([['a.weight', tensor]]))).to.deep.equal([]);
    const [fault] = weightFaults(linear(4), new Map([['a.weight', tensor]]), 'iopWeights');
    expect(fault.option).to.equal('iopWeights');
    expect(fault.fact).to.include('a.weight').and.include('2 x 4');
  });
});
