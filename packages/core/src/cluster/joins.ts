import type { Features } from '../data/features.js';
import type { Labels } from '../data/labels.js';
import { descendingOrder } from '../graph/descending-order.js';
import type { Forest } from '../graph/spanning-forest.js';
import { UnionFind } from '../graph/union-find.js';
import { membersOf } from './cluster-splits.js';
import type { Cohesion } from './cluster-cohesion.js';
import { spanOf } from './cluster-neighbours.js';
import type { DecidingLinks } from './deciding-links.js';

/** Pairs of groups of faces that were joined, or could have been. Arrays are by pair. */
export interface Joins {
  /** Clusters that the groups are of, or are; the same where they were joined. */
  readonly clusters: readonly [Int32Array, Int32Array];
  /** Faces of the groups. */
  readonly sizes: readonly [Int32Array, Int32Array];
  /** Mean cosine of a face of the one with one of the other. */
  readonly across: Float32Array;
  /** Mean cosine of two faces of one group, of both by their pairs; NaN of two single faces. */
  readonly inside: Float32Array;
  /** Cosine of the best link between them. */
  readonly best: Float32Array;
}

/**
 * How each cluster came together if its best links join first: for n faces in c clusters n - c joins. Of unit rows; a cluster
 * that links do not hold together has fewer. O(n dim) time, 4 dim bytes a face of the largest cluster.
 */
export function madeJoins(
  features: Features,
  labels: Labels,
  sizes: Int32Array,
  forest: Forest,
  similarities: Float32Array,
): Joins {
  const { n, dim } = features;
  const members = membersOf(labels.values, sizes);
  const order = childrenByCluster(labels.values, members.offsets, forest, similarities);
  const joins = emptyJoins(order.count);
  const places = new Int32Array(n);
  for (let c = 0; c < sizes.length; c++) {
    for (let m = members.offsets[c]; m < members.offsets[c + 1]; m++) places[members.list[m]] = m - members.offsets[c];
  }
  const sums = new Float32Array(dim * sizes.reduce((most, size) => Math.max(most, size), 0));
  let to = 0;
  for (let c = 0; c < sizes.length; c++) {
    if (order.offsets[c] === order.offsets[c + 1]) continue;
    for (let m = members.offsets[c]; m < members.offsets[c + 1]; m++) {
      sums.set(features.row(members.list[m]), places[members.list[m]] * dim);
    }
    const sets = new UnionFind(sizes[c]);
    for (let e = order.offsets[c]; e < order.offsets[c + 1]; e++) {
      const child = order.list[e];
      const [a, b] = [sets.find(places[child]), sets.find(places[forest.parents[child]])];
      const [left, right] = [sets.size(a), sets.size(b)];
      const x = sums.subarray(a * dim, (a + 1) * dim);
      const y = sums.subarray(b * dim, (b + 1) * dim);
      let [xx, yy, xy] = [0, 0, 0];
      for (let d = 0; d < dim; d++) {
        xx += x[d] * x[d];
        yy += y[d] * y[d];
        xy += x[d] * y[d];
      }
      setJoin(joins, to++, [c, c], [left, right], xy, xx - left + (yy - right), similarities[forest.links[child]]);
      const kept = sets.union(a, b) === a ? x : y;
      const gone = kept === x ? y : x;
      for (let d = 0; d < dim; d++) kept[d] = kept[d] + gone[d];
    }
  }
  return joins;
}

/** Points that hang on one of their cluster, by cluster, best links first. */
function childrenByCluster(
  labels: Int32Array,
  starts: Int32Array,
  { parents, links }: Forest,
  similarities: Float32Array,
): { offsets: Int32Array; list: Int32Array; count: number } {
  const isJoined = (i: number): boolean => parents[i] !== -1 && labels[parents[i]] === labels[i];
  const clusters = starts.length - 1;
  const offsets = new Int32Array(clusters + 1);
  for (let i = 0; i < labels.length; i++) if (isJoined(i)) offsets[labels[i] + 1]++;
  for (let c = 0; c < clusters; c++) offsets[c + 1] = offsets[c + 1] + offsets[c];
  const count = offsets[clusters];
  const list = new Int32Array(count);
  const cursor = offsets.slice(0, clusters);
  const scores = Float32Array.from(links, (link) => (link === -1 ? NaN : similarities[link]));
  for (const i of descendingOrder(scores)) if (isJoined(i)) list[cursor[labels[i]]++] = i;
  return { offsets, list, count };
}

/** Other clusters that are looked at for each face: those of its best links. */
const mostOthers = 8;

/** Pairs of clusters that a link leads between, from each face to at most 8 others. O(m + pairs dim). */
export function missedJoins(cohesion: Cohesion, labels: Labels, links: DecidingLinks): Joins {
  const { sizes, similarities, centres } = cohesion;
  const { n, offsets, targets } = links;
  const { values, clusters } = labels;
  const keys = new Float64Array(n * mostOthers);
  const seen = new Int32Array(clusters).fill(-1);
  const best = new Map<number, number>();
  let count = 0;
  for (let i = 0; i < n; i++) {
    const own = values[i];
    for (let [e, others] = [offsets[i], 0]; e < offsets[i + 1] && others < mostOthers; e++) {
      if (targets[e] < 0) continue;
      const other = values[targets[e]];
      if (other === own || seen[other] === i) continue;
      seen[other] = i;
      others++;
      const key = Math.min(own, other) * clusters + Math.max(own, other);
      const known = best.get(key);
      if (known === undefined) keys[count++] = key;
      if (known === undefined || known < links.similarities[e]) best.set(key, links.similarities[e]);
    }
  }
  const joins = emptyJoins(count);
  const pairs = (cluster: number): number => sizes[cluster] * (sizes[cluster] - 1);
  for (let at = 0; at < count; at++) {
    const key = keys[at];
    const [a, b] = [Math.floor(key / clusters), key % clusters];
    const across = centres.dot(a, b) * spanOf(cohesion, a) * spanOf(cohesion, b) * sizes[a] * sizes[b];
    const inside = (sizes[a] > 1 ? pairs(a) * similarities[a] : 0) + (sizes[b] > 1 ? pairs(b) * similarities[b] : 0);
    setJoin(joins, at, [a, b], [sizes[a], sizes[b]], across, inside, best.get(key)!);
  }
  return joins;
}

function emptyJoins(count: number): Joins {
  const ints = (): [Int32Array, Int32Array] => [new Int32Array(count), new Int32Array(count)];
  const floats = (): Float32Array => new Float32Array(count);
  return { clusters: ints(), sizes: ints(), across: floats(), inside: floats(), best: floats() };
}

function setJoin(
  joins: Joins,
  at: number,
  clusters: readonly [number, number],
  sizes: readonly [number, number],
  acrossSum: number,
  insideSum: number,
  best: number,
): void {
  const [a, b] = sizes;
  const insidePairs = a * (a - 1) + b * (b - 1);
  for (const side of [0, 1]) {
    joins.clusters[side][at] = clusters[side];
    joins.sizes[side][at] = sizes[side];
  }
  joins.across[at] = acrossSum / (a * b);
  joins.inside[at] = insidePairs === 0 ? NaN : insideSum / insidePairs;
  joins.best[at] = best;
}
