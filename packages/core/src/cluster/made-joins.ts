import type { Features } from '../data/features.js';
import type { Labels } from '../data/labels.js';
import { descendingOrder } from '../graph/descending-order.js';
import type { Forest } from '../graph/spanning-forest.js';
import { UnionFind } from '../graph/union-find.js';
import { membersOf } from './cluster-splits.js';
import { emptyJoins, setJoin, type Joins } from './joins.js';

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
  const sets = new UnionFind(n);
  let to = 0;
  for (let c = 0; c < sizes.length; c++) {
    if (order.offsets[c] === order.offsets[c + 1]) continue;
    for (let m = members.offsets[c]; m < members.offsets[c + 1]; m++) {
      sums.set(features.row(members.list[m]), places[members.list[m]] * dim);
    }
    for (let e = order.offsets[c]; e < order.offsets[c + 1]; e++) {
      const child = order.list[e];
      const [a, b] = [sets.find(child), sets.find(forest.parents[child])];
      const [left, right] = [sets.size(a), sets.size(b)];
      const x = sums.subarray(places[a] * dim, (places[a] + 1) * dim);
      const y = sums.subarray(places[b] * dim, (places[b] + 1) * dim);
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
