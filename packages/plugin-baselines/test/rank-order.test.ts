import { fileURLToPath } from 'node:url';
import { allocateKnnGraph, readNpz, type KnnGraph } from '@l2c/core';
import { describeStage, expectLabels, testServices, tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { dbscan } from '../src/dbscan.js';
import { rankOrderScores, rankOrderStage } from '../src/rank-order.js';
import { goldenKnn, goldenLabels, linksOf } from './golden-faces.js';

/** A graph of the given lists; similarities fall along them. */
function graphOf(lists: readonly (readonly number[])[]): KnnGraph {
  const k = Math.max(...lists.map((list) => list.length));
  const graph = allocateKnnGraph(lists.length, k);
  lists.forEach((list, i) =>
    list.forEach((id, c) => {
      graph.ids[i * k + c] = id;
      graph.similarities[i * k + c] = 0.9 - c / 10;
    }),
  );
  return graph;
}

/** As the definition reads, with sets. */
function naive({ k, ids }: KnnGraph, i: number, j: number): number {
  const list = (x: number): number[] => [x, ...ids.subarray(x * k, (x + 1) * k).filter((id) => id >= 0)];
  const [a, b] = [list(i), list(j)];
  const [c, q] = [a.indexOf(j), b.indexOf(i)];
  if (c < 1 || q < 1) return 9999;
  const outside = (some: number[], others: number[]): number => some.filter((x) => !others.includes(x)).length;
  return (outside(a.slice(0, c), b) + outside(b.slice(0, q + 1), a)) / Math.min(c, q + 1);
}

describe('rank-order', () => {
  describeStage(rankOrderStage);

  it('counts what ends do not share', () => {
    // Lists with themselves: 0: [0 1 2], 1: [1 2 0], 2: [2 3 1], 3: [3 2 1].
    const graph = graphOf([
      [1, 2],
      [2, 0],
      [3, 1],
      [2, 1],
    ]);
    const scores = [...rankOrderScores(linksOf(graph), graph)].map((score) => 1 - score);
    // 0 -> 1: first 1 of [0 1 2] are all in [1 2 0]; first 3 of [1 2 0] all in [0 1 2].
    expect(scores[0]).to.equal(0);
    // 0 -> 2: 2 does not list 0.
    expect(scores[1]).to.equal(9999);
    // 1 -> 2: first 1 of [1 2 0] in [2 3 1]; of [2 3 1] the 3 is not in [1 2 0]: 1 / min(1, 3).
    expect(scores[2]).to.equal(1);
  });

  it('is the definition on random lists, of full and of short rows', () => {
    const { knn } = tinyFaces();
    const short = { ...knn, ids: knn.ids.map((id, e) => (e % knn.k >= 2 && e % 3 === 0 ? -1 : id)) };
    for (let i = 0; i < short.n; i++) {
      const row = short.ids.subarray(i * short.k, (i + 1) * short.k);
      row.fill(-1, row.indexOf(-1) === -1 ? short.k : row.indexOf(-1));
    }
    for (const graph of [knn, short]) {
      const links = linksOf(graph);
      const scores = rankOrderScores(links, graph);
      for (let i = 0; i < graph.n; i++) {
        for (let e = links.offsets[i]; e < links.offsets[i + 1]; e++) {
          expect(scores[e], `${i} -> ${links.targets[e]}`).to.equal(Math.fround(1 - naive(graph, i, links.targets[e])));
        }
      }
    }
  });

  it('gives the distances of the reference', async () => {
    const path = fileURLToPath(new URL('./golden/aro_dist_ks.npz', import.meta.url));
    const { data, shape } = (await readNpz(path)).get('dist')!;
    const knn = await goldenKnn(30);
    const scores = rankOrderScores(linksOf(knn), knn);
    expect(shape).to.deep.equal([knn.n, knn.k + 1]);
    for (let i = 0; i < knn.n; i++) {
      for (let c = 0; c < knn.k; c++) {
        expect(1 - scores[i * knn.k + c], `${i}, ${c}`).to.be.closeTo(Number(data[i * (knn.k + 1) + c + 1]), 1e-6);
      }
    }
  });

  it('says how far it is, and stops when asked to', () => {
    const { edges, features, knn } = tinyFaces();
    const stage = rankOrderStage.create({}, testServices({ signal: AbortSignal.abort() }));
    expect(() => stage.score(edges, { features, knn }, { proposals: edges.similarities })).to.throw();
  });

  describe('with dbscan it splits as the reference does on', () => {
    // The reference walks from each instance in turn along its own links, which is what dbscan does with minPoints 1.
    for (const [k, threshold] of [
      [30, 0],
      [30, -1],
      [80, 0],
      [80, 0.6],
    ] as const) {
      const name = `knn_aro_k${k}_th${threshold.toFixed(1)}`;
      it(name, async () => {
        const knn = await goldenKnn(k);
        const links = linksOf(knn);
        const { values } = dbscan(links, rankOrderScores(links, knn), { maxDistance: 1 - threshold, minPoints: 1 });
        expectLabels(values, await goldenLabels(name));
      });
    }
  });
});
