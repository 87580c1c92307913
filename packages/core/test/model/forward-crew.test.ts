import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import type { Compute } from '../../src/compute/compute.js';
import { Features } from '../../src/data/features.js';
import { L2cError } from '../../src/errors.js';
import { ForwardModel } from '../../src/model/forward.js';
import { ForwardCrew } from '../../src/model/forward-crew.js';
import type { ForwardBatch } from '../../src/model/forward-messages.js';
import { rowsOf } from '../../src/model/graph-batch.js';
import type { Model } from '../../src/model/layers.js';
import { engineOrNone } from '../compute/matrices.js';
import { drawnWeights, noise, smallBatch } from './every-layer.js';

const model: Model = {
  name: 'sent around',
  inputs: 6,
  layers: [
    { type: 'graph-convolution', name: 'a', inputs: 6, outputs: 8, aggregate: 'concat', bias: true },
    { type: 'relu' },
    { type: 'graph-convolution', name: 'b', inputs: 8, outputs: 3, aggregate: 'concat', bias: true },
    { type: 'select' },
  ],
};
const weights = drawnWeights(model);
const graph = smallBatch();

interface Numbered extends ForwardBatch {
  readonly at: number;
}

/** A crew that starts its threads at once, over its own model, and the same model by itself. */
async function crewOf(compute: Compute, shared: boolean) {
  const again = (engine: Compute) => ForwardModel.open(model, weights, engine, { shared, place: 'w.npz' });
  const own = await again(compute);
  const crew = new ForwardCrew(own, again, { model, weights, shared }, compute, 0);
  const helpers = () => (crew as unknown as { helpers: { state: string; worker: Worker }[] }).helpers;
  const single = () => (crew as unknown as { single: unknown }).single;
  const end = async () => {
    await crew.dismiss();
    await own.dispose();
  };
  return { crew, own, helpers, single, end };
}

/** Batches that take their time until the workers are there. */
function* numbered(count: number, rowsAt: (at: number) => ForwardBatch['rows']): Generator<Numbered> {
  for (let at = 0; at < count; at++) yield { at, rows: rowsAt(at), graph };
}

async function untilReady(helpers: () => { state: string }[]): Promise<void> {
  while (helpers().length === 0 || helpers().some(({ state }) => state === 'starting')) await setTimeout(5);
}

describe('a model on several threads', () => {
  let compute: Compute;
  before(async function () {
    const loaded = (await engineOrNone('onnxruntime', 3)) ?? (await engineOrNone('plain', 3));
    if (loaded === undefined || loaded.threads < 3) return this.skip();
    compute = loaded;
  });
  after(async () => compute?.dispose());

  for (const shared of [false, true]) {
    it(`gives the outputs of ${shared ? 'rows of one table' : 'rows'} in their order, whoever makes them`, async function () {
      this.timeout(60_000);
      const { crew, own, helpers, single, end } = await crewOf(compute, shared);
      const table = shared ? await own.project(rowsOf(noise(40 * 6, 1), 6)) : undefined;
      const shareable = table && Features.from(table.blocks[0], table.dim);
      const rowsAt = (at: number) =>
        shareable === undefined
          ? rowsOf(noise(11 * 6, at), 6)
          : own.gather(shareable, {
              members: Int32Array.from({ length: 11 }, (_, r) => (at * 7 + r) % 40),
              pivots: new Int32Array(11).fill(at % 40),
            });
      let next = 0;
      for await (const [{ at, rows }, output] of crew.outputs(numbered(60, rowsAt))) {
        expect(at).to.equal(next++);
        const expected = await own.run(rows, graph);
        output.forEach((value, i) => expect(value, `batch ${at}`).closeTo(expected[i], 1e-5));
        if (at === 0) await untilReady(helpers);
      }
      expect(next).to.equal(60);
      expect(helpers()).to.have.length(2);
      expect(single()).to.not.equal(undefined);
      await end();
    });
  }

  it('does what a thread leaves that ends, and goes on after a run that was left', async function () {
    this.timeout(60_000);
    const { crew, own, helpers, end } = await crewOf(compute, false);
    for await (const [{ at }] of crew.outputs(numbered(50, (at) => rowsOf(noise(66, at), 6)))) {
      if (at === 0) await untilReady(helpers);
      if (at === 20) break;
    }
    let next = 0;
    for await (const [{ at, rows }, output] of crew.outputs(numbered(50, (at) => rowsOf(noise(66, 99 + at), 6)))) {
      expect(at).to.equal(next++);
      const expected = await own.run(rows, graph);
      output.forEach((value, i) => expect(value, `batch ${at}`).closeTo(expected[i], 1e-5));
      if (at === 10) helpers()[0].worker.postMessage(undefined); // no task: an error
      if (at === 30) helpers()[1].worker.postMessage(undefined);
    }
    expect(next).to.equal(50);
    await end();
  });

  it('is dismissed while its threads start or work, and the process lives on', async function () {
    this.timeout(60_000);
    for (const wait of [false, true]) {
      const { crew, helpers, end } = await crewOf(compute, false);
      for await (const [{ at }] of crew.outputs(numbered(50, (at) => rowsOf(noise(66, at), 6)))) {
        if (wait && at === 0) await untilReady(helpers);
        if (at === 20) break;
      }
      const ends = helpers().map(async ({ worker }) => once(worker, 'exit'));
      expect(ends).to.have.length(2);
      await end();
      expect(await Promise.all(ends)).to.deep.equal([[0], [0]]);
    }
  });

  it('says what is wrong with a batch that fails in a worker', async function () {
    this.timeout(60_000);
    const { crew, helpers, end } = await crewOf(compute, false);
    let error: unknown;
    try {
      for await (const [{ at }] of crew.outputs(
        numbered(40, (at) => rowsOf(at === 30 ? new Float32Array(66).fill(3e38) : noise(66, at), 6)),
      ))
        if (at === 0) await untilReady(helpers);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).instanceOf(L2cError).with.property('code', 'E_WEIGHTS');
    expect((error as Error).message).to.match(/^w\.npz: .*gives Infinity/);
    await end();
  });
});
