import {
  bcubed,
  createRandom,
  Features,
  L2cError,
  samePartition,
  truncateKnnGraph,
  type ClusterProposals,
  type KnnGraph,
} from '@l2c/core';
import { bruteForceKnn, describeStage, testServices, tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { neighbourAffinity } from '../src/neighbour-affinity.js';
import { spectralEmbedding, spectralStage, type SpectralOptions } from '../src/spectral.js';
import { goldenFaces, goldenKnn } from './golden-faces.js';
import { goldenTruth } from './golden-truth.js';

const services = testServices();
const defaults: SpectralOptions = {
  clusters: 2,
  affinity: 'knn',
  k: 9,
  gamma: 3,
  landmarks: 1000,
  components: 0,
  iterations: 30,
  seed: 1,
};

async function split(features: Features, given: Partial<SpectralOptions>, knn?: KnnGraph): Promise<Int32Array> {
  const stage = spectralStage.create({ ...defaults, ...given }, services);
  const { n, offsets, members } = (await stage.propose(features, knn)) as ClusterProposals;
  const labels = new Int32Array(n).fill(-1);
  for (let c = 0; c + 1 < offsets.length; c++) for (let e = offsets[c]; e < offsets[c + 1]; e++) labels[members[e]] = c;
  return labels;
}

/** Two half circles on the unit circle of the first two coordinates, apart from each other, and their sides. */
function arcs(perArc: number): { features: Features; side: Int32Array } {
  const side = Int32Array.from({ length: 2 * perArc }, (_, i) => i % 2);
  const rows = [...side].flatMap((arc, i) => {
    const angle = Math.PI * (arc + 0.05 + (0.9 * Math.floor(i / 2)) / perArc);
    return [Math.cos(angle), Math.sin(angle)];
  });
  return { features: Features.from(rows, 2), side };
}

describe('spectral', () => {
  describeStage(spectralStage, [
    { options: { clusters: 4 } },
    { options: { clusters: 4, affinity: 'rbf' } },
    { options: { clusters: 3, affinity: 'rbf', landmarks: 5, components: 2, gamma: 0.5 } },
    { options: { clusters: 3, k: 3, components: 5 } },
  ]);

  it('follows the shape of clusters that no mean describes', async () => {
    const { features, side } = arcs(60);
    expect(samePartition(await split(features, { k: 4 }), side)).to.equal(true);
    expect(samePartition(await split(features, { affinity: 'rbf', gamma: 300 }), side)).to.equal(true);
  });

  it('finds the identities of tiny faces, by either affinity, with the graph of the round or its own', async () => {
    const { features, truth, knn } = tinyFaces({ sizes: [20, 15, 12, 10], k: 9, noise: 0.5 });
    for (const given of [{}, { affinity: 'rbf' }, { affinity: 'rbf', landmarks: 20 }] as const) {
      expect(samePartition(await split(features, { clusters: 4, ...given }), truth), JSON.stringify(given)).to.equal(
        true,
      );
    }
    expect(await split(features, { clusters: 4 }, knn)).to.deep.equal(await split(features, { clusters: 4 }));
  });

  it('finds identities among a handful of faces, by rbf', async () => {
    for (const sizes of [
      [2, 1, 1],
      [2, 2, 2],
      [3, 2, 2],
    ]) {
      const { features, truth } = tinyFaces({ sizes, k: 2, noise: 0.3 });
      expect(samePartition(await split(features, { clusters: 3, affinity: 'rbf' }), truth), sizes.join()).to.equal(
        true,
      );
    }
  });

  it('takes the first k neighbours of a larger graph, and all of a smaller one', async () => {
    const { features } = tinyFaces({ sizes: [20, 15, 12, 10], noise: 1 });
    const [wide, narrow] = [bruteForceKnn(features, 20), bruteForceKnn(features, 5)];
    const run = (knn: KnnGraph, k: number) => split(features, { clusters: 4, k }, knn);
    expect(await run(wide, 5)).to.deep.equal(await run(narrow, 5));
    expect(await run(narrow, 500)).to.deep.equal(await run(narrow, 5));
  });

  it('keeps the parts of a graph together, also where there are more parts than clusters', async () => {
    const { features, truth, knn } = tinyFaces({ sizes: [9, 9, 9, 9, 9], k: 4, noise: 0.1 });
    expect(samePartition(await split(features, { clusters: 5 }, knn), truth)).to.equal(true);
    const labels = await split(features, { clusters: 3 }, knn);
    const parts = new Map<number, number>();
    truth.forEach((part, i) => expect(labels[i]).to.equal(parts.get(part) ?? (parts.set(part, labels[i]), labels[i])));
    expect(new Set(labels).size).to.equal(3);
  });

  it('copes with equal instances, instances without neighbours, one instance and two', async () => {
    const equal = Features.from(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 1 : 0)), 2); // prettier-ignore
    for (const affinity of ['knn', 'rbf'] as const) {
      expect((await split(equal, { affinity, clusters: 1 })).every((label) => label === 0)).to.equal(true);
      expect(new Set(await split(equal, { affinity, clusters: 3 })).size).to.be.within(1, 3);
      expect([...(await split(Features.from([1, 0], 2), { affinity, clusters: 1 }))]).to.deep.equal([0]);
      expect([...(await split(Features.from([1, 0, 0, 1], 2), { affinity, clusters: 1 }))]).to.deep.equal([0, 0]);
    }
    const { features, knn } = tinyFaces();
    const none: KnnGraph = { ...knn, ids: knn.ids.map(() => -1), similarities: knn.similarities.map(() => -Infinity) };
    expect((await split(features, { clusters: 2 }, none)).every((label) => label === 0)).to.equal(true);
  });

  it('is the same for one seed', async () => {
    const { features } = tinyFaces({ sizes: [20, 15, 12, 10], noise: 1.5 });
    for (const affinity of ['knn', 'rbf'] as const) {
      const run = () => split(features, { affinity, clusters: 6, landmarks: 30 });
      expect(await run()).to.deep.equal(await run());
    }
  });

  it('refuses more clusters than instances, and what would not fit the memory', async () => {
    const { features, n, dim } = tinyFaces();
    const many = { ...defaults, clusters: n + 1 };
    expect(await spectralStage.check(many, { n, dim })).to.have.length(1);
    const failure = await split(features, many).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(L2cError).with.property('code', 'E_DATA');
    const huge = Object.create(features, { n: { value: 1e9 } }) as Features;
    const tooLarge = await spectralEmbedding(huge, undefined, { ...defaults, components: 1000 }, createRandom(1), services).catch((error: unknown) => error); // prettier-ignore
    expect(tooLarge).to.be.instanceOf(L2cError).with.property('code', 'E_MEMORY');
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    controller.abort();
    const { features } = tinyFaces();
    const stopped = spectralStage.create({ ...defaults, affinity: 'rbf' }, testServices({ signal: controller.signal }));
    const failure = await Promise.resolve(stopped.propose(features, undefined)).catch((error: unknown) => error);
    expect(failure).to.equal(controller.signal.reason);
  });

  it('exact rbf equals the eigenvectors of the whole affinity, up to the landmarks', async () => {
    const { features, n } = tinyFaces({ sizes: [12, 10, 8], noise: 1 });
    const run = (landmarks: number) =>
      spectralEmbedding(features, undefined, { ...defaults, affinity: 'rbf', landmarks, components: 3 }, createRandom(2), services); // prettier-ignore
    const [whole, sampled] = [await run(n), await run(24)];
    let agreement = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) agreement += Math.abs(whole.dot(i, j) - sampled.dot(i, j)) / n ** 2;
    }
    expect(agreement).to.be.below(0.1); // products of rows don't depend on how eigenvectors are turned
    for (let i = 0; i < n; i++) expect(whole.dot(i, i)).to.be.closeTo(1, 1e-5);
  });

  it("golden: 5 seeds reach the reference's BCubed F minus 0.01", async () => {
    const features = await goldenFaces();
    const truth = await goldenTruth();
    const knn = truncateKnnGraph(await goldenKnn(30), 9); // 10 with the instance itself
    let f = 0;
    for (let seed = 0; seed < 5; seed++) f += bcubed(truth, await split(features, { clusters: 150, seed }, knn)).f / 5;
    expect(f).to.be.above(0.6894 - 0.01);
  });
});

describe('the affinity of neighbours', () => {
  it('counts a mutual link 1 and another a half, divided by the roots of both degrees', async () => {
    // 0 and 1 list each other, 2 lists 1, 3 nobody
    const knn: KnnGraph = {
      n: 4,
      k: 1,
      ids: Int32Array.of(1, 0, 1, -1),
      similarities: Float32Array.of(1, 1, 0.5, -Infinity),
    };
    const { operator, degrees } = neighbourAffinity(knn, 1);
    expect([...degrees]).to.deep.equal([1, 1.5, 0.5, 0]);
    const out = new Float32Array(4);
    await operator.multiply(Float32Array.of(1, 2, 4, 8), 1, out);
    const wanted = [
      2 / Math.sqrt(1.5),
      1 / Math.sqrt(1.5) + (0.5 * 4) / Math.sqrt(0.75),
      (0.5 * 2) / Math.sqrt(0.75),
      0,
    ];
    wanted.forEach((value, i) => expect(out[i]).to.be.closeTo(value, 1e-6));
  });
});
