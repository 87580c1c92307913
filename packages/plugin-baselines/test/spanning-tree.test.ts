import { createRandom, Features, normalise, UnionFind } from '@l2c/core';
import { testServices } from '@l2c/core/testing';
import { expect } from 'chai';
import { spanningTree } from '../src/spanning-tree.js';

/** Prim's algorithm over all pairs: the sum of what its links are worth. */
function prim(n: number, similarity: (i: number, j: number) => number): number {
  const best = new Float64Array(n).fill(-Infinity);
  const open = new Set(Array.from({ length: n }, (_, i) => i));
  let sum = 0;
  for (let i = 0; ;) {
    open.delete(i);
    if (open.size === 0) return sum;
    let next = -1;
    for (const j of open) {
      best[j] = Math.max(best[j], similarity(i, j));
      if (next === -1 || best[j] > best[next]) next = j;
    }
    sum += best[next];
    i = next;
  }
}

/** Clumps of several sizes along a few directions, the first instance an outlier, over several blocks. */
function clumps(n: number, dim: number, spread: number): Features {
  const random = createRandom(7);
  const values = Float32Array.from({ length: n * dim }, (_, e) => {
    const clump = Math.floor(e / dim) % 7;
    return (e % dim === clump ? 1 : 0) + spread * random.normal();
  });
  values.fill(0, 0, dim)[dim - 1] = -1;
  return normalise(Features.from(values, dim));
}

describe('spanning tree', () => {
  for (const spread of [0.05, 0.4, 2]) {
    it(`is as good as Prim's, where instances spread by ${spread}`, async () => {
      const features = clumps(1300, 8, spread);
      const { n } = features;
      const { first, second } = await spanningTree(features, testServices());
      const sets = new UnionFind(n);
      first.forEach((i, e) => sets.union(i, second[e]));
      expect(first.length).to.equal(n - 1);
      expect(sets.size(0), 'all connected').to.equal(n);
      const sum = first.reduce((total, i, e) => total + features.dot(i, second[e]), 0);
      expect(sum).to.be.closeTo(
        prim(n, (i, j) => features.dot(i, j)),
        1e-4,
      );
    });
  }

  it('counts a pair as no more similar than the cores of its ends', async () => {
    const features = clumps(700, 8, 0.4);
    const random = createRandom(3);
    const cores = Float32Array.from({ length: features.n }, () => random.next());
    const worth = (i: number, j: number): number => Math.min(features.dot(i, j), cores[i], cores[j]);
    const { first, second } = await spanningTree(features, testServices(), cores);
    const sum = first.reduce((total, i, e) => total + worth(i, second[e]), 0);
    expect(sum).to.be.closeTo(prim(features.n, worth), 1e-4);
  });
});
