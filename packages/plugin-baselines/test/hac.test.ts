import { Features, L2cError, toLabels, truncateKnnGraph, type ClusterProposals } from '@l2c/core';
import { bruteForceKnn, describeStage, expectLabels, testServices, tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { CompleteLinkage } from '../src/complete-linkage.js';
import { hacMerges, hacMergesOfGraph, hacStage, type HacOptions } from '../src/hac.js';
import { cutMerges } from '../src/merges.js';
import { mergeNearest } from '../src/nearest-merging.js';
import { SumsLinkage } from '../src/sum-linkage.js';
import { firstRows, goldenFaces, goldenKnn, goldenLabels, ofEuclidean } from './golden-faces.js';
import { naiveHac } from './naive-hac.js';

const linkages = ['single', 'complete', 'average', 'ward'] as const;
const services = testServices();
const defaults: HacOptions = { linkage: 'average', source: 'features', maxDistance: 0.5, clusters: 0 };

describe('hac', () => {
  describeStage(hacStage, [
    {},
    ...linkages.map((linkage) => ({ options: { linkage, maxDistance: 0.4 } })),
    { options: { linkage: 'average', clusters: 4 } },
  ]);

  const split = async (features: Features, options: Partial<HacOptions>): Promise<number[]> => {
    const stage = hacStage.create({ ...defaults, ...options }, services);
    return labelsOf((await stage.propose(features, undefined)) as ClusterProposals);
  };

  it('ends where an automatic distance meets rows that are not of unit length', async () => {
    const { features } = tinyFaces({ sizes: [6, 5, 4] });
    const long = Features.from(
      Array.from({ length: features.n }, (_, i) => [...features.row(i)].map((value) => 1e4 * value)).flat(),
      features.dim,
    );
    expect(await split(long, { maxDistance: 'auto' })).to.have.length(features.n);
  });

  for (const linkage of linkages) {
    describe(`${linkage} linkage`, () => {
      const { features } = tinyFaces({ sizes: [9, 8, 7, 6, 5, 2, 1, 1], noise: 0.9, seed: 5 });

      it('cuts where the definition does, at any distance', async () => {
        for (const maxDistance of [0.2, 0.35, 0.5, 0.7, 0.9]) {
          const expected = naiveHac(features, linkage, (distance) => distance > maxDistance);
          expectLabels(await split(features, { linkage, maxDistance }), expected);
        }
      });

      it('leaves as many clusters as asked for', async () => {
        for (const clusters of [1, 2, 5, 20, features.n]) {
          const expected = naiveHac(features, linkage, (_, left) => left === clusters);
          expectLabels(await split(features, { linkage, clusters, maxDistance: 0 }), expected);
        }
      });

      it('gives one hierarchy that can be cut at every distance below its own', async () => {
        const merges = await hacMerges(features, linkage, { maxDistance: 0.8, clusters: 0 }, services);
        for (const maxDistance of [0, 0.3, 0.55, 0.8]) {
          const cut = cutMerges(merges, { maxDistance, clusters: 0 });
          expectLabels(cut, await split(features, { linkage, maxDistance }));
        }
        expect([...merges.distances]).to.deep.equal([...merges.distances].sort((a, b) => a - b));
      });

      it('merges equal instances at distance 0, however many', async () => {
        const equal = Features.from(new Array<number[]>(300).fill([0.6, 0.8]).flat(), 2);
        expect(new Set(await split(equal, { linkage, maxDistance: 1e-6 })).size).to.equal(1);
        const twins = Features.from([1, 0, 0, 1, 1, 0, 0, 1, 1, 0], 2);
        expect(await split(twins, { linkage, maxDistance: 1e-6 })).to.deep.equal([0, 1, 0, 1, 0]);
      });

      it('takes none, one and two instances', async () => {
        expect(await split(Features.allocate(0, 2), { linkage })).to.deep.equal([]);
        expect(await split(Features.from([1, 0], 2), { linkage })).to.deep.equal([0]);
        const two = Features.from([1, 0, 0, 1], 2); // exactly 1 apart
        expect(await split(two, { linkage, maxDistance: 0.999 })).to.deep.equal([0, 1]);
        expect(await split(two, { linkage, maxDistance: 1 })).to.deep.equal([0, 0]);
      });
    });
  }

  it('finds the same with lists too short to tell, which are searched for again', async () => {
    const { features } = tinyFaces({ sizes: [20, 15, 10, 5, 1, 1], noise: 1.2, seed: 3 });
    for (const clusters of [1, 3, 12]) {
      const limits = { maxDistance: Infinity, clusters };
      for (const linkage of ['average', 'ward', 'complete'] as const) {
        const make = () =>
          linkage === 'complete'
            ? new CompleteLinkage(features, services)
            : new SumsLinkage(features, linkage, services);
        const short = await mergeNearest(features, make(), limits, services, 2);
        const long = await mergeNearest(features, make(), limits, services, 100);
        expectLabels(cutMerges(short, limits), cutMerges(long, limits));
        for (const [m, distance] of short.distances.entries()) {
          expect(distance, `${linkage} merge ${m}`).to.be.closeTo(long.distances[m], 1e-6);
        }
      }
    }
  });

  describe('splits as the reference does on', () => {
    it('fast_hierarchy_single_0.7 and fast_hierarchy_single_0.6, from one hierarchy', async () => {
      const merges = await hacMerges(await goldenFaces(), 'single', { maxDistance: 1, clusters: 0 }, services);
      for (const distance of [0.7, 0.6]) {
        const found = cutMerges(merges, { maxDistance: ofEuclidean(distance), clusters: 0 });
        expectLabels(found, await goldenLabels(`fast_hierarchy_single_${distance}`));
      }
    });

    it('fast_hierarchy_ward_1.2', async () => {
      const found = await split(await goldenFaces(), { linkage: 'ward', maxDistance: ofEuclidean(1.2) });
      expectLabels(found, await goldenLabels('fast_hierarchy_ward_1.2'));
    });

    it('hierarchy_ward_knn, which bridges the parts of its graph', async () => {
      const features = await goldenFaces();
      const knn = truncateKnnGraph(await goldenKnn(30), 10);
      const stage = hacStage.create({ ...defaults, linkage: 'ward', source: 'knn', clusters: 150 }, services);
      const found = labelsOf((await stage.propose(features, knn)) as ClusterProposals);
      expectLabels(found, await goldenLabels('hierarchy_ward_knn'));
    });
  });

  describe('on a kNN graph', () => {
    const { features } = tinyFaces({ sizes: [9, 8, 7, 6, 5, 2, 1, 1], noise: 0.9, seed: 5 });
    const knn = bruteForceKnn(features, 3);
    const links: [number, number][] = [];
    for (let e = 0; e < knn.ids.length; e++) links.push([Math.floor(e / knn.k), knn.ids[e]]);

    for (const linkage of ['average', 'ward'] as const) {
      it(`merges what is linked by ${linkage} distance of all members`, async () => {
        for (const maxDistance of [0.3, 0.6, 0.9]) {
          const limits = { maxDistance, clusters: 0 };
          const found = cutMerges(await hacMergesOfGraph(features, knn, linkage, limits, services), limits);
          expectLabels(
            found,
            naiveHac(features, linkage, (distance) => distance > maxDistance, links),
          );
        }
      });
    }

    it('merges by the links alone with single linkage', async () => {
      for (const maxDistance of [0.3, 0.5, 0.7]) {
        const limits = { maxDistance, clusters: 0 };
        const found = cutMerges(await hacMergesOfGraph(features, knn, 'single', limits, services), limits);
        const near = links.filter(([i, j]) => 1 - features.dot(i, j) <= maxDistance);
        expectLabels(
          found,
          naiveHac(features, 'single', () => false, near),
        );
      }
    });

    it('bridges parts only for a number of clusters', async () => {
      const two = Features.from([1, 0, 0.8, 0.6, 0, 1, -0.6, 0.8], 2);
      const parts = bruteForceKnn(two, 1);
      const count = async (maxDistance: number, clusters: number): Promise<number> => {
        const limits = { maxDistance, clusters };
        const merges = await hacMergesOfGraph(two, parts, 'ward', limits, services);
        return cutMerges(merges, limits).clusters;
      };
      expect(await count(Infinity, 0)).to.equal(2);
      expect(await count(Infinity, 1)).to.equal(1);
    });
  });

  it('refuses what it cannot do, with a way out', async () => {
    const { features } = tinyFaces();
    const refusal = async (options: Partial<HacOptions>): Promise<string> => {
      const error = await split(features, options).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(L2cError);
      return (error as L2cError).message;
    };
    expect(await refusal({ clusters: 21 })).to.equal('hac.clusters: 21 clusters of 20 instances; ask for fewer');
    expect(await refusal({ source: 'knn' })).to.contain('add a knnBuilder');
    expect(await refusal({ source: 'knn', linkage: 'complete' })).to.contain('hac.linkage');
    const facts = await hacStage.check({ ...defaults, clusters: 21 }, { n: 20, dim: 16 });
    expect(facts.map(({ option }) => option)).to.deep.equal(['clusters']);
  });

  it('refuses what would not fit the memory, with a forecast', async () => {
    const { features } = tinyFaces();
    for (const linkage of linkages) {
      const run = hacMerges(features, linkage, { maxDistance: 1, clusters: 0 }, services, 1000);
      const error = await run.catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(L2cError).with.property('code', 'E_MEMORY');
      expect((error as L2cError).message).to.match(
        /^hac: this would take .* GiB of memory, .* are free; use source knn/,
      );
    }
  });

  it('stops when told to', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    const stopped = testServices({ signal: stop.signal });
    const features = firstRows(await goldenFaces(), 200);
    for (const linkage of linkages) {
      const run = hacMerges(features, linkage, { maxDistance: 1, clusters: 0 }, stopped);
      expect(await run.catch((reason: unknown) => reason)).to.have.property('message', 'enough');
    }
  });
});

/** Each instance's cluster, which must be one. */
function labelsOf({ n, offsets, members }: ClusterProposals): number[] {
  const labels = new Array<number>(n).fill(-1);
  for (let p = 0; p + 1 < offsets.length; p++) {
    for (let e = offsets[p]; e < offsets[p + 1]; e++) {
      expect(labels[members[e]]).to.equal(-1);
      labels[members[e]] = p;
    }
  }
  expect(labels).not.to.include(-1);
  return [...toLabels(labels).values];
}
