import type { ScoredLinks } from './copies.js';
import { UnionFind } from './union-find.js';

/** Rounds after which groups are as large as most identities: each at least doubles them. */
const rounds = 5;

/**
 * (n) int32 new numbers for the points of links, such that what links strongly lies near each other: who walks along links then finds most of what
 * is read in the cache. In each round every group of points, one each to begin with, joins that to which its best link leads; points
 * of a group get numbers in a row. Rows should list better links first. Borůvka 1926. O(n + m) time, 28 bytes a point.
 */
export function nearOrder({ n, offsets, targets, scores }: ScoredLinks): Int32Array {
  const sets = new UnionFind(n);
  // by root the first point of a group and the last, by point the one behind it, -1 = none
  const [heads, tails] = [identity(n), identity(n)];
  const behind = new Int32Array(n).fill(-1);
  const cursor = offsets.slice(0, n);
  const best = new Int32Array(n); // by root the point that the best link leads from
  for (let round = 0; round < rounds; round++) {
    best.fill(-1);
    for (let i = 0; i < n; i++) {
      const root = sets.find(i);
      let e = cursor[i];
      while (e < offsets[i + 1] && (targets[e] < 0 || sets.find(targets[e]) === root)) e++;
      cursor[i] = e;
      if (e < offsets[i + 1] && (best[root] === -1 || scores[e] > scores[cursor[best[root]]])) best[root] = i;
    }
    for (const i of best) {
      if (i === -1) continue;
      const [a, b] = [sets.find(i), sets.find(targets[cursor[i]])];
      if (a === b) continue;
      behind[tails[a]] = heads[b];
      const root = sets.union(a, b);
      [heads[root], tails[root]] = [heads[a], tails[b]];
    }
  }
  const numbers = new Int32Array(n);
  let count = 0;
  for (let root = 0; root < n; root++) {
    if (sets.find(root) !== root) continue;
    for (let i = heads[root]; i !== -1; i = behind[i]) numbers[i] = count++;
  }
  return numbers;
}

function identity(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => i);
}
