import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import type { Compute } from '../../../src/compute/compute.js';
import { exactNeighbours, type SearchTuning } from '../../../src/compute/neighbours/exact-neighbours.js';
import { planSearch } from '../../../src/compute/neighbours/plan.js';
import type { Features } from '../../../src/data/features.js';
import { plainCompute } from '../../../src/compute/plain.js';
import { engineOrNone } from '../matrices.js';
import { expectExact, expectSameBits, faces, misleading } from './search.js';

/** Workers started since, and whether each has ended. */
class Workers {
  readonly started: Worker[] = [];
  private readonly note = (worker: Worker): void => {
    this.started.push(worker);
    worker.once('exit', () => this.ended++);
  };
  ended = 0;

  constructor() {
    process.on('worker', this.note);
  }

  forget(): void {
    process.off('worker', this.note);
  }
}

async function failureOf(action: Promise<unknown>): Promise<unknown> {
  try {
    await action;
  } catch (error) {
    return error;
  }
  throw new RangeError('nothing failed');
}

describe('exactNeighbours on several threads', () => {
  let workers: Workers;
  let compute: Compute;
  before(async () => {
    compute = (await engineOrNone('onnxruntime')) ?? plainCompute;
  });
  after(() => compute.dispose());
  beforeEach(() => (workers = new Workers()));
  afterEach(() => workers.forget());

  /** What two threads find, held against one: by the bits. Several shards, so that the worker is there for most. */
  async function compare(features: Features, k: number, tuning: SearchTuning): Promise<void> {
    const plan = planSearch(features.n, k, tuning);
    expect(plan.blocks / plan.shardBlocks).to.be.above(3);
    const one = await exactNeighbours(features, k, { compute }, { ...tuning, threads: 1 });
    expect(workers.started).to.have.length(0);
    const two = await exactNeighbours(features, k, { compute }, { ...tuning, threads: 2 });
    expect([workers.started.length, workers.ended]).to.deep.equal([1, 1]);
    expectExact(two, features);
    expectSameBits(two, one);
  }

  const shards = { blockRows: 32, stateBytes: 150_000 };

  it('gives the bits that one thread gives', () => compare(faces(1500, 32, 20), 20, { ...shards, sample: false }));

  it('gives the same bits with a sample', () => compare(faces(1500, 32, 20), 40, { ...shards, sample: true }));

  it('gives the same bits where rows are searched again', () =>
    compare(misleading(1500, 40, { ...shards, sample: true }), 40, { ...shards, sample: true }));

  it('gives the same with more threads than there is work for', async () => {
    const features = faces(40, 8, 3);
    const three = await exactNeighbours(features, 39, { compute }, { threads: 3 });
    expect([workers.started.length, workers.ended]).to.deep.equal([2, 2]);
    expectSameBits(three, await exactNeighbours(features, 39, { compute }, { threads: 1 }));
  });

  it('starts no worker for what is done sooner by one thread', async () => {
    await exactNeighbours(faces(200, 8, 3), 5, { compute: { ...compute, threads: 8 } });
    expect(workers.started).to.have.length(0);
  });

  it('stops at the signal with its reason, and leaves no worker', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    let products = 0;
    const progress = { update: () => void (++products === 3 && controller.abort(reason)) };
    const services = { compute, progress, signal: controller.signal };
    const search = exactNeighbours(faces(3000, 32, 20), 20, services, { blockRows: 32, threads: 2 });
    expect(await failureOf(search)).to.equal(reason);
    expect([workers.started.length, workers.ended]).to.deep.equal([1, 1]);
    // 94 blocks have 4,465 products; a few more than three were made, for a task is finished
    expect(products).to.be.below(100);
  });

  it('hears the signal of a timer while it works', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('late')), 20);
    const search = exactNeighbours(faces(6000, 64, 20), 20, { compute: plainCompute, signal: controller.signal });
    expect(await failureOf(search)).to.have.property('message', 'late');
  });

  it('does not begin where the signal has been given', async () => {
    const services = { compute, signal: AbortSignal.abort(new Error('before')) };
    expect(await failureOf(exactNeighbours(faces(50, 8, 3), 5, services, { threads: 2 }))).to.have.property(
      'message',
      'before',
    );
    expect(workers.ended).to.equal(workers.started.length);
  });

  it('fails with the error of its engine, and leaves no worker', async () => {
    let calls = 0;
    const broken: Compute = {
      ...plainCompute,
      gemmTransposed: async (...product) => {
        if (++calls === 4) throw new Error('out of order');
        return plainCompute.gemmTransposed(...product);
      },
    };
    const search = exactNeighbours(faces(300, 8, 3), 5, { compute: broken }, { blockRows: 32, threads: 1 });
    expect(await failureOf(search)).to.have.property('message', 'out of order');
    // one that would be loaded anew for two threads, and isn't known
    const unknown = { ...plainCompute, engine: 'abacus' as 'plain' };
    expect(await failureOf(exactNeighbours(faces(90, 8, 3), 5, { compute: unknown }, { threads: 2 }))).to.be.an(
      'error',
    );
    expect(workers.started).to.have.length(workers.ended);
  });

  it('fails with the error of a worker, and leaves none', async () => {
    const features = faces(2000, 32, 20);
    process.once('worker', (worker: Worker) => {
      void once(worker, 'online').then(() => worker.emit('error', new Error('a worker broke')));
    });
    const search = exactNeighbours(features, 20, { compute: plainCompute }, { blockRows: 32, threads: 2 });
    expect(await failureOf(search)).to.have.property('message', 'a worker broke');
    expect([workers.started.length, workers.ended]).to.deep.equal([1, 1]);
  });

  it('fails, and does not wait for ever, where a worker ends without an error', async () => {
    process.once('worker', (worker: Worker) => void once(worker, 'online').then(() => worker.terminate()));
    const search = exactNeighbours(faces(500, 8, 3), 20, { compute: plainCompute }, { blockRows: 32, threads: 2 });
    expect(await failureOf(search)).to.have.property('message', 'a worker thread ended before its work was done');
    expect(workers.ended).to.equal(1);
  });
});
