import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { hnswNeighbours, hnswStage, type HnswOptions } from '../../../src/builtin/hnsw.js';
import { loadHnswLib } from '../../../src/compute/hnsw/hnsw-index.js';
import { Features } from '../../../src/data/features.js';
import { assertKnnGraph, type KnnGraph } from '../../../src/data/knn-graph.js';
import { L2cError } from '../../../src/errors.js';
import { bruteForceKnn, describeStage, testServices, tinyFaces } from '../../../src/testing/index.js';
import { expectSameBits, faces } from '../../compute/neighbours/search.js';
import { refused } from '../../formats/temporary.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const defaults: HnswOptions = { k: 4, connections: 16, efConstruction: 200, ef: 300, seed: 0 };
const tiny = tinyFaces();

/** Whether hnswlib-node itself is installed and works. */
function installed(): boolean {
  try {
    loadHnswLib();
    return true;
  } catch (error) {
    if (error instanceof L2cError && error.code === 'E_ENGINE') return false;
    throw error;
  }
}

describe('hnsw, beside a stand-in for its package', () => {
  const build = (features: Features, options: Partial<HnswOptions>, services = testServices()): Promise<KnnGraph> =>
    hnswNeighbours(features, { ...defaults, ...options }, services, here('stand-in.cjs'));

  it('finds the neighbours, the instance itself left out, best first, equal ones by id', async () => {
    for (const k of [1, 7, tiny.n - 1]) {
      expectSameBits(await build(tiny.features, { k }), bruteForceKnn(tiny.features, k));
    }
  });

  it('keeps as many candidates as there are neighbours to find, at least', async () => {
    expectSameBits(await build(tiny.features, { k: 9, ef: 2 }), bruteForceKnn(tiny.features, 9));
  });

  it('leaves an instance out of its own neighbours where duplicates crowd it out of what was found', async () => {
    const knn = await build(Features.from(Array<number>(12 * 2).fill(Math.SQRT1_2), 2), { k: 3 });
    assertKnnGraph(knn);
    expect([...knn.ids.subarray(33)]).to.deep.equal([0, 1, 2]);
  });

  it('reports progress that only grows, to the end, and stops at the signal', async () => {
    const seen: number[] = [];
    const controller = new AbortController();
    const progress = { update: (done: number, total: number) => void seen.push(done / total) };
    await build(tiny.features, {}, testServices({ progress }));
    expect(seen).to.deep.equal([...seen].sort((a, b) => a - b));
    expect([seen[0], seen.at(-1)]).to.deep.equal([0, 1]);
    const reason = new Error('enough');
    const late = { update: (done: number) => void (done > 0 && controller.abort(reason)) };
    let caught: unknown;
    await build(tiny.features, {}, testServices({ progress: late, signal: controller.signal })).catch(
      (error: unknown) => (caught = error),
    );
    expect(caught).to.equal(reason);
  });

  it('refuses a package that is absent, not built or broken, with a way out', async () => {
    for (const [name, fact] of [
      ['no-such-package-of-hnsw', /Cannot find module/],
      [here('unbuilt.cjs'), /Could not locate the bindings file/],
      [here('wrong.cjs'), /it finds vector 0 where 1 is right/],
    ] as const) {
      const wayOut = '; npm install hnswlib-node, .*"ivf" needs no package$';
      await refused(
        () => hnswNeighbours(tiny.features, defaults, testServices(), name),
        'E_ENGINE',
        new RegExp(`^hnsw: hnswlib-node does not load: ${fact.source}.*${wayOut}`),
      );
    }
  });

  it('refuses more neighbours than there are, before the package is looked for', async () => {
    const stage = hnswStage.create({ ...defaults, k: tiny.n }, testServices());
    await refused(() => stage.build(tiny.features), 'E_DATA', /hnsw\.k/);
  });
});

describe('hnswlib-node', () => {
  before(function () {
    if (!installed()) this.skip();
  });

  describeStage(hnswStage, [{ options: { k: 4 } }, { options: { k: 9, connections: 4, ef: 10 } }]);

  it('finds most of what brute force finds, more with more candidates, and says how much', async () => {
    const features = faces(3000, 32, 40);
    const exact = bruteForceKnn(features, 20);
    const shares: number[] = [];
    for (const ef of [21, 200]) {
      const recorded: Record<string, unknown> = {};
      const services = testServices({ record: (name, fact) => void (recorded[name] = fact) });
      const stage = hnswStage.create({ ...defaults, k: 20, connections: 5, efConstruction: 20, ef }, services);
      const knn = await stage.build(features);
      assertKnnGraph(knn);
      let found = 0;
      for (let i = 0; i < features.n; i++) {
        const row = new Set(exact.ids.subarray(20 * i, 20 * i + 20));
        for (let e = 20 * i; e < 20 * i + 20; e++) if (row.has(knn.ids[e])) found++;
      }
      shares.push(found / exact.ids.length);
      expect(recorded['recall']).to.be.closeTo(shares.at(-1)!, 0.05);
      expect(recorded['nearRecall']).to.be.within(0.5, 1);
    }
    expect(shares[0]).to.be.below(shares[1]);
    expect(shares[1]).to.be.above(0.95);
  });

  it('gives the same for a seed', async () => {
    const features = faces(500, 8, 20);
    const build = () => hnswNeighbours(features, { ...defaults, k: 10, ef: 11 }, testServices());
    expectSameBits(await build(), await build());
  });
});
