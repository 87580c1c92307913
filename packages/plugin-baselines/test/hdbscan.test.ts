import { readFile } from 'node:fs/promises';
import { Features, L2cError, type ClusterProposals, type KnnGraph } from '@l2c/core';
import { bruteForceKnn, describeStage, expectLabels, testServices, tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { selectClusters } from '../src/density-selection.js';
import { densityTree } from '../src/density-tree.js';
import { hdbscan, hdbscanStage, type HdbscanOptions } from '../src/hdbscan.js';
import type { Merges } from '../src/merges.js';
import { reachabilityOfAll } from '../src/mutual-reachability.js';
import { goldenFaces, goldenKnn } from './golden-faces.js';
import { naiveHdbscan } from './naive-hdbscan.js';

const services = testServices();
const defaults: HdbscanOptions = {
  minSize: 5,
  minPoints: 0,
  maxSize: 0,
  maxDistance: 0,
  selection: 'eom',
  allowSingle: false,
  source: 'auto',
};

describe('hdbscan', () => {
  describeStage(hdbscanStage, [
    {},
    { options: { minSize: 2, selection: 'leaf' } },
    { options: { minSize: 3, minPoints: 1, allowSingle: true, maxDistance: 0.3, source: 'features' } },
  ]);

  const split = async (features: Features, options: Partial<HdbscanOptions>, knn?: KnnGraph): Promise<number[]> => {
    const stage = hdbscanStage.create({ ...defaults, ...options }, services);
    const { n, offsets, members } = (await stage.propose(features, knn)) as ClusterProposals;
    const labels = new Array<number>(n).fill(-1);
    for (let p = 0; p + 1 < offsets.length; p++) {
      for (let e = offsets[p]; e < offsets[p + 1]; e++) labels[members[e]] = p;
    }
    return labels;
  };

  for (const selection of ['eom', 'leaf'] as const) {
    it(`splits as the definition does, by ${selection}`, async () => {
      for (const [seed, minSize, minPoints] of [
        [1, 2, 2],
        [2, 3, 3],
        [3, 3, 1],
        [4, 4, 2],
        [5, 2, 5],
      ]) {
        const { features } = tinyFaces({ sizes: [9, 8, 6, 5, 3, 1, 1], noise: 0.8, dim: 8, seed });
        const expected = naiveHdbscan(features, { minSize, minPoints, selection });
        expect(new Set(expected).size, 'a case that shows something').to.be.above(2);
        expectLabels(await split(features, { minSize, minPoints, selection }), expected);
      }
    });
  }

  it('agrees with an independent implementation on the golden faces, on all pairs and on the graph', async () => {
    const file = new URL('./golden/hdbscan-r.json', import.meta.url);
    const recorded = JSON.parse(await readFile(file, 'utf8')) as Record<string, number[]>;
    const features = await goldenFaces();
    expectLabels(await split(features, { minSize: 2 }), recorded['minPts 2']);
    const knn = await goldenKnn(80);
    for (const minSize of [2, 3]) {
      expectLabels(await split(features, { minSize, source: 'knn' }, knn), recorded[`minPts ${minSize}`]);
    }
  });

  it('leaves parts of a graph apart, small ones as noise', async () => {
    const features = Features.from([1, 0, 0.96, 0.28, 0.8, 0.6, -1, 0, -0.96, -0.28, -0.8, -0.6, 0, 1, -0.1, 0.99], 2);
    const knn = bruteForceKnn(features, 2);
    const ids = knn.ids.map((id, e) => (Math.floor(e / 6) === 2 && id < 6 ? -1 : id)); // the last two link only each other
    const labels = await split(features, { minSize: 3, minPoints: 2, source: 'knn' }, { ...knn, ids });
    expectLabels(labels, [0, 0, 0, 1, 1, 1, -1, -1]);
  });

  describe('of a line of merges', () => {
    // {0, 1, 2} at distance 1, {3, 4, 5} at 1, both at 2 with 6 that joins at 2 as well, and 7 at 4
    const merges: Merges = {
      n: 8,
      first: Int32Array.of(0, 1, 3, 4, 0, 6, 7),
      second: Int32Array.of(1, 2, 4, 5, 6, 3, 0),
      distances: Float64Array.of(1, 1, 1, 1, 2, 2, 4),
    };

    it('has parts that come apart at one distance come apart at once', () => {
      const tree = densityTree(merges, 3);
      expect(tree.clusters).to.equal(3);
      expect([...tree.births.subarray(0, 3)]).to.deep.equal([0, 0.5, 0.5]);
      expect([...tree.stabilities.subarray(0, 3)]).to.deep.equal([0.25 + 7 * 0.5, 1.5, 1.5]);
      expect([...tree.lastDensities]).to.deep.equal([1, 1, 1, 1, 1, 1, 0.5, 0.25]);
      expect(tree.rootDensity).to.equal(0.5);
    });

    const select = (options: Partial<HdbscanOptions>): number[] => [
      ...hdbscan(merges, { ...defaults, minSize: 3, ...options }),
    ];

    it('takes no root, unless it may and is more stable', () => {
      expectLabels(select({}), [1, 1, 1, 2, 2, 2, -1, -1]);
      expectLabels(select({ allowSingle: true }), [0, 0, 0, 0, 0, 0, 0, -1]);
      expectLabels(select({ allowSingle: true, selection: 'leaf' }), [1, 1, 1, 2, 2, 2, -1, -1]);
    });

    it('takes no cluster above maxSize', () => {
      expectLabels(select({ allowSingle: true, maxSize: 7 }), [1, 1, 1, 2, 2, 2, -1, -1]);
      expect(select({ maxSize: 2 })).to.deep.equal(new Array(8).fill(-1));
    });

    it('keeps what splits below maxDistance as one, which takes the root where it may', () => {
      const below = (epsilon: number, allowSingle: boolean): number[] => [
        ...selectClusters(densityTree(merges, 3), { selection: 'leaf', maxSize: 0, epsilon, allowSingle }),
      ];
      expectLabels(below(1.9, true), [1, 1, 1, 2, 2, 2, -1, -1]);
      expectLabels(below(2.1, false), [1, 1, 1, 2, 2, 2, -1, -1]);
      expectLabels(below(2.1, true), [0, 0, 0, 0, 0, 0, 0, -1]);
    });
  });

  it('takes equal instances as one cluster, and too few as noise', async () => {
    const equal = Features.from(new Array<number[]>(40).fill([0.6, 0.8]).flat(), 2);
    expect(new Set(await split(equal, {}))).to.deep.equal(new Set([0]));
    expect(await split(Features.from([1, 0, 0, 1], 2), {})).to.deep.equal([-1, -1]);
    const twice = Features.from([...new Array<number[]>(8).fill([1, 0]), ...new Array<number[]>(8).fill([0, 1])].flat(), 2); // prettier-ignore
    expectLabels(await split(twice, {}), [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('gives the same whatever the order of the instances', async () => {
    const { features } = tinyFaces({ sizes: [30, 20, 10, 5, 1], noise: 1, seed: 9 });
    const order = services.random(1).shuffle(Int32Array.from({ length: features.n }, (_, i) => i));
    const shuffled = Features.allocate(features.n, features.dim);
    order.forEach((from, to) => shuffled.row(to).set(features.row(from)));
    const labels = await split(features, { minSize: 3 });
    expectLabels(
      await split(shuffled, { minSize: 3 }),
      [...order].map((from) => labels[from]),
    );
  });

  it('refuses what it cannot do, with a way out, and stops when told to', async () => {
    const { features, knn } = tinyFaces();
    const refusal = async (options: Partial<HdbscanOptions>, graph?: KnnGraph): Promise<string> => {
      const error = await split(features, options, graph).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(L2cError);
      return (error as L2cError).message;
    };
    expect(await refusal({ source: 'knn' })).to.contain('add a knnBuilder');
    expect(await refusal({ source: 'knn', minPoints: 9 }, knn)).to.match(/need 8 neighbours.*holds 7; raise k/);
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    const run = reachabilityOfAll(features, 2, testServices({ signal: stop.signal }));
    expect(await run.catch((reason: unknown) => reason)).to.have.property('message', 'enough');
  });
});
