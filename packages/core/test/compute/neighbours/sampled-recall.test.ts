import { expect } from 'chai';
import { sampledRecalls } from '../../../src/compute/neighbours/sampled-recall.js';
import { rescore } from '../../../src/compute/neighbours/rescore.js';
import { plainCompute } from '../../../src/compute/plain.js';
import { allocateKnnGraph, assertKnnGraph, type KnnGraph } from '../../../src/data/knn-graph.js';
import { Features } from '../../../src/data/features.js';
import { createRandom } from '../../../src/stages/random.js';
import { bruteForceKnn } from '../../../src/testing/index.js';
import { expectSameBits, faces } from './search.js';

const services = { compute: plainCompute };

describe('sampledRecalls', () => {
  const sampledRecall = async (...parameters: Parameters<typeof sampledRecalls>): Promise<number> =>
    (await sampledRecalls(...parameters)).recall;

  const n = 2100; // more than one block
  const features = faces(n, 8, 30);
  let exact: KnnGraph;
  before(() => {
    exact = bruteForceKnn(features, 10);
  });

  it('is 1 for the exact graph', async () => {
    expect(await sampledRecall(features, exact, services)).to.equal(1);
    expect(await sampledRecall(features, exact, services, n)).to.equal(1);
  });

  it('is the share of places that are left', async () => {
    const ids = exact.ids.map((id, e) => (e % 10 < 7 ? id : -1));
    const knn = { ...exact, ids, similarities: exact.similarities.map((s, e) => (ids[e] < 0 ? -Infinity : s)) };
    expect(await sampledRecall(features, knn, services)).to.be.closeTo(0.7, 1e-12);
  });

  it('does not count what is listed instead', async () => {
    const knn = allocateKnnGraph(n, 10);
    knn.ids.set(exact.ids);
    // the two last of every second row give way to two that are far away
    for (let i = 0; i < n; i += 2) {
      let far = i === 0 ? 1 : 0;
      for (let j = 0; j < 100; j++) if (features.dot(i, j) < features.dot(i, far)) far = j;
      knn.ids.set([far, far], i * 10 + 8);
    }
    rescore(features, knn, 0, n);
    expect(await sampledRecall(features, knn, services, n)).to.be.closeTo(0.9, 1e-12);
    // rows 0 and 1050 are sampled, both of them even
    expect(await sampledRecall(features, knn, services, 2)).to.be.closeTo(0.8, 1e-12);
  });

  it('tells apart those that are near', async () => {
    // the farther half of each row is left out
    const similarities = exact.similarities.map((s, e) => (e % 10 < 5 ? s : -Infinity));
    const knn = { ...exact, ids: exact.ids.map((id, e) => (e % 10 < 5 ? id : -1)), similarities };
    const near = exact.similarities.reduce((sum, s) => sum + (s >= 0.4 ? 1 : 0), 0);
    const listed = similarities.reduce((sum, s) => sum + (s >= 0.4 ? 1 : 0), 0);
    const { nearRecall, recall } = await sampledRecalls(features, knn, services, n);
    expect(recall).to.be.closeTo(0.5, 1e-12);
    expect(nearRecall).to.be.closeTo(listed / near, 1e-6);
  });

  it('takes any of equal neighbours for right', async () => {
    const same = Features.from(Array<number>(50 * 2).fill(Math.SQRT1_2), 2);
    const knn = bruteForceKnn(same, 4);
    const others = { ...knn, ids: knn.ids.map((_, e) => (Math.floor(e / 4) + 10 + (e % 4)) % 50) };
    expect(await sampledRecall(same, others, services)).to.equal(1);
  });

  it('asks no more of a row than there are others, and of nothing, nothing', async () => {
    const three = faces(3, 4, 1);
    expect(await sampledRecall(three, bruteForceKnn(three, 9), services)).to.equal(1);
    const one = Features.from([1, 0], 2);
    expect(await sampledRecall(one, allocateKnnGraph(1, 3), services)).to.equal(1);
    expect(await sampledRecall(Features.from([], 2), allocateKnnGraph(0, 3), services)).to.equal(1);
  });

  it('stops at the signal', async () => {
    let caught: unknown;
    const signal = AbortSignal.abort(new Error('enough'));
    await sampledRecall(features, exact, { ...services, signal }).catch((error: unknown) => (caught = error));
    expect(caught).to.have.property('message', 'enough');
  });
});

describe('rescore', () => {
  it('gives exact similarities and order, whatever was there', () => {
    const features = faces(200, 8, 6); // in several blocks
    const exact = bruteForceKnn(features, 12);
    const knn = allocateKnnGraph(200, 12);
    const random = createRandom(1);
    for (let i = 0; i < 200; i++) knn.ids.set(random.shuffle(exact.ids.slice(i * 12, (i + 1) * 12)), i * 12);
    knn.similarities.forEach((_, e) => (knn.similarities[e] = random.next()));
    rescore(features, knn, 0, 200);
    expectSameBits(knn, exact);
  });

  it('orders equal ones by id and puts empty places last, in the rows it is told', () => {
    const features = Features.from([1, 0, 1, 0, 1, 0, -1, 0], 2);
    const knn = allocateKnnGraph(4, 3);
    knn.ids.set([-1, 3, 2, 2, 0, -1, 0, 3, 1, 1, -1, 0]);
    rescore(features, knn, 0, 3);
    expect([...knn.ids]).to.deep.equal([2, 3, -1, 0, 2, -1, 0, 1, 3, 1, -1, 0]);
    expect([...knn.similarities.subarray(0, 3)]).to.deep.equal([1, -1, -Infinity]);
    expect(knn.similarities[9]).to.equal(-Infinity);
    rescore(features, knn, 3, 4);
    expect([...knn.ids.subarray(9)]).to.deep.equal([0, 1, -1]);
    assertKnnGraph(knn);
  });
});
