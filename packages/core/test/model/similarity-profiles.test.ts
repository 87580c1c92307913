import { allocateKnnGraph, createRandom, truncateKnnGraph, type KnnGraph } from '@l2c/core';
import { bruteForceKnn, largestDifference, tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { randomlyRotated } from '../../src/model/random-rotation.js';
import { linkProfileColumns, SimilarityProfiles, vertexProfileColumns } from '../../src/model/similarity-profiles.js';

const sizes = [40, 25, 12, 6, 3, 1, 1];
const faces = tinyFaces({ sizes, dim: 24, k: 70, noise: 0.9, seed: 3 });

/** Every link of the graph, row by row. */
function linksOf({ n, k, ids }: KnnGraph): [pivots: Int32Array, members: Int32Array] {
  return [Int32Array.from({ length: n * k }, (_, e) => Math.floor(e / k)), ids.slice()];
}

describe('similarity profiles', () => {
  it('of a link are its similarity, ranks, shared neighbours and deviations', () => {
    const { knn } = faces;
    const [pivots, members] = linksOf(knn);
    const rows = new SimilarityProfiles(knn).links(pivots, members);
    const listOf = (i: number): number[] => [i, ...knn.ids.subarray(i * knn.k, i * knn.k + 64)];
    const value = (rank: number): number => Math.log2(1 + rank) / Math.log2(66);
    const shared = (i: number, j: number, first: number): number => {
      const others = new Set(listOf(j).slice(0, first + 1));
      return (
        listOf(i)
          .slice(0, first + 1)
          .filter((x) => others.has(x)).length /
        (first + 1)
      );
    };
    const deviation = (similarity: number, i: number): number => {
      const row = [...knn.similarities.subarray(i * knn.k, i * knn.k + 64)];
      const mean = row.reduce((sum, s) => sum + s, 0) / 64;
      const variance = row.reduce((sum, s) => sum + (s - mean) ** 2, 0) / 64;
      return (similarity - mean) / Math.sqrt(variance);
    };
    for (let e = 0; e < members.length; e += 37) {
      const [i, j] = [pivots[e], members[e]];
      const row = rows.subarray(e * linkProfileColumns, (e + 1) * linkProfileColumns);
      const [there, back] = [listOf(i).indexOf(j), listOf(j).indexOf(i)];
      const wanted = [
        there < 0 && back < 0 ? row[0] : knn.similarities[e],
        value(there < 0 ? 65 : there),
        value(back < 0 ? 65 : back),
        ...[8, 20, 64].map((first) => shared(i, j, first)),
      ];
      expect(largestDifference(row.subarray(0, 6), Float32Array.from(wanted))).below(1e-6);
      expect(row[7]).closeTo(deviation(row[0], i), 1e-3);
      expect(row[8]).closeTo(deviation(row[0], j), 1e-3);
      expect(row[9]).equal(knn.similarities[i * knn.k]);
      expect(row[9 + 7 + 3]).equal(knn.similarities[j * knn.k + 7]);
    }
  });

  it('of an instance with itself share everything', () => {
    const rows = new SimilarityProfiles(faces.knn).links(Int32Array.of(5), Int32Array.of(5));
    expect([...rows.subarray(0, 6)]).to.deep.equal([1, 0, 0, 1, 1, 1]);
    expect(rows[6]).closeTo(1, 1e-6);
  });

  it('do not change when the features are turned', () => {
    const turned = bruteForceKnn(randomlyRotated(faces.features, createRandom(9)), faces.knn.k);
    const [pivots, members] = linksOf(faces.knn);
    const [before, after] = [faces.knn, turned].map((knn) => new SimilarityProfiles(knn));
    expect(largestDifference(before.links(pivots, members), after.links(pivots, members))).below(1e-3);
    expect(largestDifference(before.vertices().blocks[0], after.vertices().blocks[0])).below(1e-4);
  });

  it('do not change with neighbours beyond the 64th', () => {
    const fewer = truncateKnnGraph(faces.knn, 64);
    const [pivots, members] = linksOf(fewer);
    const [long, short] = [faces.knn, fewer].map((knn) => new SimilarityProfiles(knn));
    expect(long.links(pivots, members)).to.deep.equal(short.links(pivots, members));
    expect(long.vertices().blocks[0]).to.deep.equal(short.vertices().blocks[0]);
  });

  it('do not depend on the order in which links are asked for', () => {
    const [pivots, members] = linksOf(faces.knn);
    const order = createRandom(2).shuffle(Int32Array.from(members.keys()));
    const profiles = new SimilarityProfiles(faces.knn);
    const inOrder = profiles.links(pivots, members);
    const shuffled = profiles.links(
      order.map((e) => pivots[e]),
      order.map((e) => members[e]),
    );
    order.forEach((e, at) => {
      const wanted = inOrder.subarray(e * linkProfileColumns, (e + 1) * linkProfileColumns);
      const found = shuffled.subarray(at * linkProfileColumns, (at + 1) * linkProfileColumns);
      expect(found).to.deep.equal(wanted);
    });
  });

  it('are finite and zero where an instance has no neighbour', () => {
    const lonely = allocateKnnGraph(3, 5);
    lonely.ids[0] = 1;
    lonely.similarities[0] = -0.5;
    const profiles = new SimilarityProfiles(lonely);
    const rows = profiles.links(Int32Array.of(0, 1, 2), Int32Array.of(1, 1, 2));
    expect(rows.every(Number.isFinite)).to.equal(true);
    expect([...profiles.vertices().row(2)]).to.deep.equal(new Array(vertexProfileColumns).fill(0));
  });
});

describe('random rotation', () => {
  it('keeps products and mixes all columns', () => {
    const { features } = faces;
    const turned = randomlyRotated(features, createRandom(4));
    const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, c) => sum + value * b[c], 0);
    for (let i = 1; i < features.n; i++) {
      expect(dot(turned.row(i), turned.row(i - 1))).closeTo(dot(features.row(i), features.row(i - 1)), 1e-5);
      expect(Math.abs(dot(turned.row(i), features.row(i)))).below(0.9);
    }
  });

  it('takes one column and an odd number of them', () => {
    for (const dim of [1, 7]) {
      const { features } = tinyFaces({ dim });
      const turned = randomlyRotated(features, createRandom(4));
      expect(Math.hypot(...turned.row(0))).closeTo(1, 1e-6);
    }
  });
});
