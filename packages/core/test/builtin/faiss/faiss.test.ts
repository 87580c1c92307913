import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { faissNeighbours, faissStage } from '../../../src/builtin/faiss.js';
import { FaissIndex } from '../../../src/compute/faiss/faiss-index.js';
import { assertKnnGraph } from '../../../src/data/knn-graph.js';
import { Features } from '../../../src/data/features.js';
import { L2cError } from '../../../src/errors.js';
import { bruteForceKnn, describeStage, testServices, tinyFaces } from '../../../src/testing/index.js';
import { expectExact, expectSameBits, faces } from '../../compute/neighbours/search.js';
import { refused } from '../../formats/temporary.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const standIn = here('stand-in.cjs');
const tiny = tinyFaces();

/** Whether faiss-node itself is installed and works. */
async function installed(): Promise<boolean> {
  const { log, signal } = testServices();
  try {
    await (await FaissIndex.open(2, 'Flat', { log, signal, threads: 1 })).close();
    return true;
  } catch (error) {
    if (error instanceof L2cError && error.code === 'E_ENGINE') return false;
    throw error;
  }
}

function withWarnings(): { warnings: string[]; services: ReturnType<typeof testServices> } {
  const warnings: string[] = [];
  const log = { debug: () => undefined, info: () => undefined, warn: (line: string) => void warnings.push(line) };
  return { warnings, services: testServices({ log }) };
}

describe('faiss, beside a stand-in for its package', () => {
  const build = (features: Features, k: number, factory = 'Flat', services = testServices()) =>
    faissNeighbours(features, { k, factory }, services, standIn);

  it('finds the neighbours, the instance itself left out, equal ones by id', async () => {
    for (const k of [1, 7, tiny.n - 1]) {
      expectSameBits(await build(tiny.features, k), bruteForceKnn(tiny.features, k));
    }
  });

  it('sends and asks in blocks', async () => {
    const features = faces(2500, 4, 9);
    const seen: number[] = [];
    const progress = { update: (done: number, total: number) => void seen.push(done / total) };
    const knn = await build(features, 3, 'Flat', testServices({ progress }));
    expectExact(knn, features);
    expect(seen).to.deep.equal([0, 2048 / 2500, 1]);
  });

  it('leaves an instance out of its own neighbours where duplicates crowd it out of what was found', async () => {
    const features = Features.from(Array<number>(12 * 2).fill(Math.SQRT1_2), 2);
    const knn = await build(features, 3);
    assertKnnGraph(knn);
    expect([...knn.ids.subarray(0, 3)]).to.deep.equal([9, 10, 11]);
    expect([...knn.ids.subarray(33)]).to.deep.equal([8, 9, 10]);
  });

  it('ends rows for which the index gives fewer in -1', async () => {
    const knn = await build(tiny.features, 5, 'Few');
    const exact = bruteForceKnn(tiny.features, 2);
    for (let i = 0; i < tiny.n; i++) {
      const row = [...knn.ids.subarray(i * 5, (i + 1) * 5)];
      expect(row).to.deep.equal([...exact.ids.subarray(2 * i, 2 * i + 2), -1, -1, -1]);
      expect([...knn.similarities.subarray(i * 5 + 2, (i + 1) * 5)]).to.deep.equal(Array(3).fill(-Infinity));
    }
  });

  it('trains an index that needs it', async () => {
    expectSameBits(await build(tiny.features, 4, 'Trained'), bruteForceKnn(tiny.features, 4));
  });

  it('refuses a factory that FAISS does not know, in its words', async () => {
    await refused(
      () => build(tiny.features, 4, 'Unknown'),
      'E_CONFIG',
      /^faiss\.factory: FAISS makes no index of "Unknown" for 16 dimensions.*: could not parse index string Unknown;/,
    );
  });

  it('survives an exception that ends the process, and tells it', async () => {
    await refused(
      () => build(tiny.features, 4, 'Crash'),
      'E_STAGE',
      /^faiss\.factory: FAISS failed: Number of training points \(50\) is small; /,
    );
  });

  it('passes warnings of FAISS on', async () => {
    const { warnings, services } = withWarnings();
    await build(tiny.features, 4, 'Wordy', services);
    expect(warnings).to.deep.equal(['faiss: please provide more points']);
  });

  it('stops at the signal, in the middle of what can not be interrupted', async () => {
    const controller = new AbortController();
    const services = testServices({ signal: controller.signal });
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 300);
    let caught: unknown;
    await build(tiny.features, 4, 'Hang', services).catch((error: unknown) => (caught = error));
    expect(caught).to.equal(reason);
    // and before it begins
    await build(tiny.features, 4, 'Flat', services).catch((error: unknown) => (caught = error));
    expect(caught).to.equal(reason);
  });

  it('refuses a package that is absent, not built or broken, with a way out', async () => {
    for (const [name, fact] of [
      ['no-such-package-of-faiss', /Cannot find module/],
      [here('unbuilt.cjs'), /Could not locate the bindings file/],
      [here('wrong.cjs'), /it finds vector -1 where 1 is right/],
    ] as const) {
      const build = () => faissNeighbours(tiny.features, { k: 4, factory: 'Flat' }, testServices(), name);
      const wayOut = '; npm install faiss-node, .*"exact" needs no package$';
      await refused(build, 'E_ENGINE', new RegExp(`^faiss: faiss-node does not load: ${fact.source}.*${wayOut}`));
    }
  });

  it('refuses more neighbours than there are, before FAISS is looked for', async () => {
    const stage = faissStage.create({ k: tiny.n, factory: 'Flat' }, testServices());
    await refused(() => stage.build(tiny.features), 'E_DATA', /faiss\.k/);
  });
});

describe('faiss-node', () => {
  before(async function () {
    if (!(await installed())) this.skip();
  });

  describeStage(faissStage, [{ options: { k: 4 } }, { options: { k: 4, factory: 'HNSW8' } }]);

  it('finds what brute force in double precision finds', async () => {
    const features = faces(3000, 32, 40);
    const recorded: Record<string, unknown> = {};
    const record = (name: string, fact: unknown): void => void (recorded[name] = fact);
    const stage = faissStage.create({ k: 20, factory: 'Flat' }, testServices({ record }));
    expectExact(await stage.build(features), features);
    expect(recorded).to.deep.equal({ nearRecall: 1, recall: 1 });
  });

  it('measures the recall of an index that approximates, and warns where it is modest', async () => {
    const features = faces(3000, 32, 40);
    const { warnings, services } = withWarnings();
    const recorded: number[] = [];
    const record = (_: string, fact: unknown): void => void recorded.push(fact as number);
    const stage = faissStage.create({ k: 20, factory: 'IVF64,SQ8' }, { ...services, record });
    const knn = await stage.build(features);
    assertKnnGraph(knn);
    const [exact, truth] = [bruteForceKnn(features, 20), new Set<string>()];
    exact.ids.forEach((j, e) => truth.add(`${Math.floor(e / 20)} ${j}`));
    const found = knn.ids.reduce((sum, j, e) => sum + (truth.has(`${Math.floor(e / 20)} ${j}`) ? 1 : 0), 0);
    expect(recorded[1])
      .to.be.closeTo(found / exact.ids.length, 0.05)
      .and.below(0.95);
    expect(warnings.filter((line) => line.startsWith('faiss: IVF64,SQ8 finds'))).to.have.length(1);
  });

  it('knows before a run which factories there are', async () => {
    expect(await faissStage.check({ k: 4, factory: 'HNSW32' }, { n: 100, dim: 16 })).to.deep.equal([]);
    const [found] = await faissStage.check({ k: 4, factory: 'PQ3' }, { n: 100, dim: 16 });
    expect(found).to.include({ option: 'factory' });
    expect(found.fact).to.match(/should be a multiple of the number of subquantizers/);
  });

  it('tells what FAISS says of too few rows to train on', async () => {
    const stage = faissStage.create({ k: 4, factory: 'IVF100,Flat' }, testServices());
    await refused(() => stage.build(tiny.features), 'E_STAGE', /FAISS failed: Number of training points \(20\)/);
  });
});
