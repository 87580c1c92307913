import { expect } from 'chai';
import { forestPath } from '../../src/graph/forest-path.js';
import { spanningForest } from '../../src/graph/spanning-forest.js';
import { createRandom } from '../../src/stages/random.js';

/** Random links, three a point, as CSR. */
function randomLinks(
  n: number,
  seed: number,
): { n: number; offsets: Int32Array; targets: Int32Array; scores: Float32Array } {
  const random = createRandom(seed);
  const offsets = Int32Array.from({ length: n + 1 }, (_, i) => 3 * i);
  const targets = Int32Array.from({ length: 3 * n }, (_, e) => (Math.floor(e / 3) + 1 + random.integer(n - 1)) % n);
  return { n, offsets, targets, scores: Float32Array.from({ length: 3 * n }, () => random.next()) };
}

/** Strongest weakest link of all paths, by trying every point between; only links inside the group of a where both are of it. */
function widest(links: ReturnType<typeof randomLinks>, inside: (i: number) => boolean): number[][] {
  const { n, offsets, targets, scores } = links;
  const width = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => (i === j ? Infinity : -Infinity)),
  );
  for (let i = 0; i < n; i++)
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      const j = targets[e];
      if (!inside(i) || !inside(j)) continue;
      width[i][j] = width[j][i] = Math.max(width[i][j], scores[e]);
    }
  for (let k = 0; k < n; k++)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) width[i][j] = Math.max(width[i][j], Math.min(width[i][k], width[k][j]));
  return width;
}

describe('spanning forest', () => {
  it('has between two points the path whose weakest link is strongest, inside their group where they share one', () => {
    const n = 24;
    for (const seed of [1, 2, 3]) {
      const links = randomLinks(n, seed);
      const groups = Int32Array.from({ length: n }, (_, i) => (i < n / 2 ? 0 : i));
      const { parents, links: chosen } = spanningForest(links, links.scores, groups);
      const scoreOf = (a: number, b: number): number => links.scores[chosen[parents[a] === b ? a : b]];
      const within = widest(links, (i) => i < n / 2);
      for (let a = 0; a < n / 2; a++) {
        for (let b = 0; b < a; b++) {
          if (within[a][b] === -Infinity) continue;
          const path = forestPath(parents, a, b)!;
          expect([path[0], path[path.length - 1]]).to.deep.equal([a, b]);
          const weakest = Math.min(...path.slice(1).map((to, s) => scoreOf(path[s], to)));
          expect(weakest, `${a} to ${b}`).to.equal(within[a][b]);
          expect(path.every((i) => i < n / 2)).to.equal(true);
        }
      }
    }
  });

  it('lists parents before their children, one root a tree', () => {
    const links = { n: 5, offsets: Int32Array.of(0, 2, 3, 3, 4, 4), targets: Int32Array.of(1, 2, 2, 4) };
    const forest = spanningForest(links, Float32Array.of(0.9, 0.5, 0.7, 0.3), new Int32Array(5));
    expect([...forest.parents]).to.deep.equal([-1, 0, 1, -1, 3]);
    expect([...forest.links]).to.deep.equal([-1, 0, 2, -1, 3]);
    const place = new Map([...forest.order].map((i, at) => [i, at]));
    forest.parents.forEach((parent, i) => parent !== -1 && expect(place.get(parent)).below(place.get(i)!));
    expect(forestPath(forest.parents, 2, 4)).to.equal(undefined);
    expect(forestPath(forest.parents, 2, 2)).to.deep.equal([2]);
  });

  it('passes over links that are none', () => {
    const links = { n: 3, offsets: Int32Array.of(0, 2, 3, 3), targets: Int32Array.of(1, -1, 2) };
    const { parents } = spanningForest(links, Float32Array.of(-Infinity, 0.5, NaN), new Int32Array(3));
    expect([...parents]).to.deep.equal([-1, -1, -1]);
  });
});
