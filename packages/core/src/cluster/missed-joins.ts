import type { Labels } from '../data/labels.js';
import { transpose, type Csr } from '../graph/csr.js';
import type { Cohesion } from './cluster-cohesion.js';
import { spanOf } from './cluster-neighbours.js';
import { membersOf } from './cluster-splits.js';
import type { DecidingLinks } from './deciding-links.js';
import { emptyJoins, setJoin, type Joins } from './joins.js';

/** Other clusters that are looked at for each face: those of its best links. */
const mostOthers = 8;

/** Pairs of clusters that a link leads between, from each face to at most 8 others. O(m + pairs dim), 64 bytes a face and 28 a pair. */
export function missedJoins(cohesion: Cohesion, labels: Labels, links: DecidingLinks): Joins {
  const { sizes, similarities, centres } = cohesion;
  const { clusters } = labels;
  const table = othersOf(sizes, labels, links);
  const back = transpose(table);
  const [left, right, best] = [
    new Int32Array(table.best.length),
    new Int32Array(table.best.length),
    table.best.slice(),
  ];
  const places = new Int32Array(clusters).fill(-1);
  let count = 0;
  const meet = (a: number, b: number, similarity: number, first: number): void => {
    if (b < a) return;
    if (places[b] >= first) {
      best[places[b]] = Math.max(best[places[b]], similarity);
      return;
    }
    [left[count], right[count], best[count]] = [a, b, similarity];
    places[b] = count++;
  };
  for (let a = 0; a < clusters; a++) {
    const first = count;
    for (let e = table.offsets[a]; e < table.offsets[a + 1]; e++) meet(a, table.targets[e], table.best[e], first);
    for (let e = back.offsets[a]; e < back.offsets[a + 1]; e++)
      meet(a, back.targets[e], table.best[back.origins[e]], first);
  }
  const joins = emptyJoins(count);
  const insideSum = (c: number): number => (sizes[c] > 1 ? sizes[c] * (sizes[c] - 1) * similarities[c] : 0);
  for (let at = 0; at < count; at++) {
    const [a, b] = [left[at], right[at]];
    const across = centres.dot(a, b) * spanOf(cohesion, a) * spanOf(cohesion, b) * sizes[a] * sizes[b];
    setJoin(joins, at, [a, b], [sizes[a], sizes[b]], across, insideSum(a) + insideSum(b), best[at]);
  }
  return joins;
}

/** Of each cluster the others that its faces have links to, and the best of these. */
function othersOf(
  sizes: Int32Array,
  { values, clusters }: Labels,
  { n, offsets, targets, similarities }: DecidingLinks,
): Csr & { readonly best: Float32Array } {
  const members = membersOf(values, sizes);
  const others = new Int32Array(n * mostOthers);
  const best = new Float32Array(n * mostOthers);
  const starts = new Int32Array(clusters + 1);
  const places = new Int32Array(clusters).fill(-1);
  const metBy = new Int32Array(clusters).fill(-1);
  let count = 0;
  for (let c = 0; c < clusters; c++) {
    for (let m = members.offsets[c]; m < members.offsets[c + 1]; m++) {
      const i = members.list[m];
      for (let [e, met] = [offsets[i], 0]; e < offsets[i + 1] && met < mostOthers; e++) {
        if (targets[e] < 0) continue;
        const other = values[targets[e]];
        if (other === c || metBy[other] === i) continue;
        metBy[other] = i;
        met++;
        if (places[other] < starts[c]) {
          places[other] = count;
          others[count] = other;
          best[count++] = similarities[e];
        } else if (similarities[e] > best[places[other]]) {
          best[places[other]] = similarities[e];
        }
      }
    }
    starts[c + 1] = count;
  }
  return { n: clusters, offsets: starts, targets: others.subarray(0, count), best: best.subarray(0, count) };
}
