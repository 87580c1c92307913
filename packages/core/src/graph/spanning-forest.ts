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
 * that of any path inside; between groups the same holds for the links that join groups. Of equal links the first is the better one;
 * scores of -Infinity or NaN are no links. Borůvka 1926. O(m log n) time, mostly three or four passes; 4 bytes a link and 40 a point.
 */
export function spanningForest(links: Csr, scores: Float32Array, groups: ArrayLike<number>): Forest {
  const sets = new UnionFind(links.n);
  const live = new Int32Array(links.targets.length);
  const inside = chooseLinks(links, scores, sets, live, (i, j) => groups[i] === groups[j]);
  const between = chooseLinks(links, scores, sets, live, (i, j) => groups[i] !== groups[j]);
  const chosen = new Int32Array(inside.length + between.length);
  chosen.set(inside);
  chosen.set(between, inside.length);
  return rooted(links, chosen);
}

/**
 * Links that join sets as far as those that are `wanted` can, the best first. Round by round each set takes its best link out; those that
 * lead out of none any more are not looked at again. `live` (m) is working memory.
 */
function chooseLinks(
  { n, offsets, targets }: Csr,
  scores: Float32Array,
  sets: UnionFind,
  live: Int32Array,
  wanted: (i: number, j: number) => boolean,
): Int32Array {
  const ends = offsets.slice(1);
  for (let i = 0; i < n; i++) {
    let end = offsets[i];
    for (let e = end; e < offsets[i + 1]; e++) {
      if (targets[e] >= 0 && scores[e] > -Infinity && wanted(i, targets[e])) live[end++] = e;
    }
    ends[i] = end;
  }
  const chosen = new Int32Array(n);
  const best = new Int32Array(n); // by root
  const from = new Int32Array(n); // by root, where its best link begins
  let count = 0;
  for (let before = -1; before < count;) {
    before = count;
    const roots = sets.roots();
    best.fill(-1);
    const offer = (root: number, e: number, i: number): void => {
      const held = best[root];
      if (held !== -1 && !(scores[e] > scores[held] || (scores[e] === scores[held] && e < held))) return;
      best[root] = e;
      from[root] = i;
    };
    for (let i = 0; i < n; i++) {
      const root = roots[i];
      let end = offsets[i];
      for (let at = end; at < ends[i]; at++) {
        const e = live[at];
        const other = roots[targets[e]];
        if (other === root) continue;
        live[end++] = e;
        offer(root, e, i);
        offer(other, e, i);
      }
      ends[i] = end;
    }
    for (let root = 0; root < n; root++) {
      const e = best[root];
      if (e === -1 || sets.find(from[root]) === sets.find(targets[e])) continue;
      sets.union(from[root], targets[e]);
      chosen[count++] = e;
    }
  }
  const sorted = chosen.subarray(0, count).sort();
  return descendingOrder(Float32Array.from(sorted, (e) => scores[e])).map((at) => sorted[at]);
}

/** Hangs each tree on its lowest point. `chosen` are links, the best first. */
function rooted({ n, offsets, targets }: Csr, chosen: Int32Array): Forest {
  const sources = sourcesOf(offsets, chosen);
  const starts = new Int32Array(n + 2);
  chosen.forEach((e, c) => {
    starts[sources[c] + 2]++;
    starts[targets[e] + 2]++;
  });
  for (let i = 2; i < n + 2; i++) starts[i] = starts[i] + starts[i - 1];
  const around = new Int32Array(2 * chosen.length);
  chosen.forEach((e, c) => {
    around[starts[sources[c] + 1]++] = c;
    around[starts[targets[e] + 1]++] = c;
  });
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
        const c = around[p];
        const e = chosen[c];
        const j = sources[c] === i ? targets[e] : sources[c];
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

/** The points that links begin at. */
function sourcesOf(offsets: Int32Array, links: Int32Array): Int32Array {
  return links.map((e) => {
    let [low, high] = [0, offsets.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (offsets[middle] <= e) low = middle;
      else high = middle;
    }
    return low;
  });
}
