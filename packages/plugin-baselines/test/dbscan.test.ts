import { describeStage, expectLabels, testServices, tinyFaces, toEdgeProposals } from '@l2c/core/testing';
import { expect } from 'chai';
import { dbscan, dbscanStage } from '../src/dbscan.js';
import { radiusLinks } from '../src/radius-links.js';
import { goldenFaces, goldenKnn, goldenLabels, linksOf, ofEuclidean } from './golden-faces.js';

describe('dbscan', () => {
  describeStage(dbscanStage, [{}, { options: { maxDistance: 0.5, minPoints: 3 } }]);

  type Pair = [number, number, number];
  const mutual = (pairs: Pair[]): Pair[] => pairs.flatMap(([i, j, s]): Pair[] => [[i, j, s], [j, i, s]]); // prettier-ignore
  const split = (n: number, links: Pair[], maxDistance: number, minPoints: number): number[] => {
    const edges = toEdgeProposals(n, links);
    return [...dbscan(edges, edges.similarities, { maxDistance, minPoints }).values];
  };

  it('counts the instance itself among minPoints', () => {
    const pair = mutual([[0, 1, 0.75]]);
    expect(split(3, pair, 0.25, 2)).to.deep.equal([0, 0, 1]);
    expect(split(3, pair, 0.25, 3)).to.deep.equal([0, 1, 2]);
  });

  it('takes a link of exactly maxDistance, and none beyond', () => {
    expect(split(2, mutual([[0, 1, 0.75]]), 0.25, 1)).to.deep.equal([0, 0]);
    expect(split(2, mutual([[0, 1, 0.75]]), 0.2499, 1)).to.deep.equal([0, 1]);
  });

  it('gives a border instance to the cluster met first, and reaches nothing through it', () => {
    // cores 1 (0, 3, 2 around it) and 5 (4, 6, 2); 2 is at the border of both and links them no further
    const links = mutual([[1, 0, 1], [1, 3, 1], [1, 2, 1], [5, 4, 1], [5, 6, 1], [5, 2, 1]]); // prettier-ignore
    expect(split(7, links, 0.5, 4)).to.deep.equal([0, 0, 0, 0, 1, 1, 1]);
  });

  it('follows links as they point', () => {
    expect(split(2, [[0, 1, 1]], 0.5, 1)).to.deep.equal([0, 0]);
    expect(split(2, [[1, 0, 1]], 0.5, 1)).to.deep.equal([0, 1]); // 0 starts a cluster before 1 can claim it
  });

  it('counts noise; NaN is no link; nothing is nothing', () => {
    const edges = toEdgeProposals(4, mutual([[0, 1, 1], [1, 2, 1]])); // prettier-ignore
    expect(dbscan(edges, edges.similarities, { maxDistance: 0.5, minPoints: 3 }).noise).to.equal(1);
    const scores = edges.similarities.map(() => NaN);
    expect(dbscan(edges, scores, { maxDistance: 2, minPoints: 2 }).noise).to.equal(4);
    expect(split(0, [], 0.5, 1)).to.deep.equal([]);
  });

  it('makes one cluster of one huge component, however long its chain', () => {
    const n = 50_000;
    const chain = Array.from({ length: n - 1 }, (_, i): Pair => [i, i + 1, 0.9]);
    expect(new Set(split(n, mutual(chain), 0.25, 2)).size).to.equal(1);
  });

  it('records the noise', () => {
    const facts: Record<string, unknown> = {};
    const services = testServices({ record: (name, fact) => (facts[name] = fact) });
    const { edges, features } = tinyFaces();
    const stage = dbscanStage.create({ maxDistance: 0, minPoints: 2 }, services);
    void stage.deoverlap(edges, { proposals: edges.similarities }, { features });
    expect(facts).to.deep.equal({ noise: edges.n });
  });

  describe('splits as the reference does on', () => {
    for (const [k, least, maxDistance, minPoints, name] of [
      [80, 0, 0.25, 1, 'knn_dbscan_k80_th0.0_eps0.25_min1'],
      [80, 0, 0.35, 4, 'knn_dbscan_k80_th0.0_eps0.35_min4'],
      [30, 0, 0.3, 2, 'knn_dbscan_k30_th0.0_eps0.3_min2'],
      [30, 0.2, 0.4, 2, 'knn_dbscan_k30_th0.2_eps0.4_min2'],
    ] as const) {
      it(name, async () => {
        const edges = linksOf(await goldenKnn(k), least);
        expectReference(dbscan(edges, edges.similarities, { maxDistance, minPoints }), await goldenLabels(name));
      });
    }
    for (const [distance, minPoints] of [
      [0.7, 3],
      [0.85, 10],
      [0.6, 1],
    ] as const) {
      const name = `dbscan_eps${distance}_min${minPoints}`;
      it(name, async () => {
        const maxDistance = ofEuclidean(distance);
        const edges = await radiusLinks(await goldenFaces(), maxDistance, testServices());
        expectReference(dbscan(edges, edges.similarities, { maxDistance, minPoints }), await goldenLabels(name));
      });
    }
  });
});

/** The reference calls noise -1, here each is a cluster of its own. */
function expectReference(found: { values: Int32Array; noise: number }, reference: Int32Array): void {
  expect(found.noise).to.equal(reference.filter((label) => label === -1).length);
  expectLabels(
    found.values,
    reference.map((label, i) => (label === -1 ? -1 - i : label)),
  );
}
