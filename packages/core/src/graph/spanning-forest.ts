import type { Csr } from './csr.js';
import { descendingOrder } from './descending-order.js';
import { UnionFind } from './union-find.js';

/** A forest over n points: each but the roots has one link, to its parent. */
export interface Forest {
  /** (n) int32 the parent of each point, -1 of a root. */
  readonly parents: Int32Array;
  /** (n) int32 which link leads to the parent: its place among the links given, -1 of a root. */
  readonly links: Int32Array;
  /** (n) int32 all points, parents before their children. */
  readonly order: Int32Array;
}

/**
 * A spanning forest of the best links: first of those inside groups, so that every group whose links connect it is one
 * tree of its own best links, then of those between groups. On the path between two points of a group the weakest link is as strong as
 * that of any path inside; between groups the same holds for the links that join groups. Scores of -Infinity or NaN are no links.
 * Kruskal 1956. O(m + n), 28 bytes a link.
 */
export function spanningForest(links: Csr, scores: Float32Array, groups: ArrayLike<number>): Forest {
  const { n, offsets, targets } = links;
  const sources = new Int32Array(offsets[n]);
  for (let i = 0; i < n; i++) sources.fill(i, offsets[i], offsets[i + 1]);
  const order = descendingOrder(scores);
  const sets = new UnionFind(n);
  const chosen = new Int32Array(Math.max(0, n - 1));
  let count = 0;
  for (const inside of [true, false]) {
    for (const e of order) {
      if (!(scores[e] > -Infinity)) break;
      const [a, b] = [sources[e], targets[e]];
      if (b < 0 || (groups[a] === groups[b]) !== inside || sets.find(a) === sets.find(b)) continue;
      sets.union(a, b);
      chosen[count++] = e;
    }
  }
  return rooted(n, chosen.subarray(0, count), sources, targets);
}

/** Hangs each tree on its lowest point. */
function rooted(n: number, chosen: Int32Array, sources: Int32Array, targets: Int32Array): Forest {
  const starts = new Int32Array(n + 2);
  for (const e of chosen) {
    starts[sources[e] + 2]++;
    starts[targets[e] + 2]++;
  }
  for (let i = 2; i < n + 2; i++) starts[i] = starts[i] + starts[i - 1];
  const around = new Int32Array(2 * chosen.length);
  for (const e of chosen) {
    around[starts[sources[e] + 1]++] = e;
    around[starts[targets[e] + 1]++] = e;
  }
  const parents = new Int32Array(n).fill(-1);
  const links = new Int32Array(n).fill(-1);
  const order = new Int32Array(n);
  const met = new Uint8Array(n);
  let end = 0;
  for (let root = 0; root < n; root++) {
    if (met[root] === 1) continue;
    met[root] = 1;
    let at = end;
    order[end++] = root;
    for (; at < end; at++) {
      const i = order[at];
      for (let p = starts[i]; p < starts[i + 1]; p++) {
        const e = around[p];
        const j = sources[e] === i ? targets[e] : sources[e];
        if (met[j] === 1) continue;
        met[j] = 1;
        parents[j] = i;
        links[j] = e;
        order[end++] = j;
      }
    }
  }
  return { parents, links, order };
}
