import type { Features } from '../data/features.js';
import type { Labels } from '../data/labels.js';
import type { Forest } from '../graph/spanning-forest.js';

/** A cluster that falls apart in two where one link is cut. */
export interface Split {
  readonly cluster: number;
  readonly size: number;
  /** The link, by the instances it joins, the one of the smaller part first. */
  readonly link: readonly [number, number];
  /** What the pipeline scored the link. */
  readonly score: number;
  /** Faces of the two parts, the smaller first. */
  readonly parts: readonly [number, number];
  /** Mean cosine of two faces of one part, the mean over both parts by their pairs. */
  readonly inside: number;
  /** Mean cosine of a face of the one part with one of the other. */
  readonly across: number;
}

/** Of fewer faces no part is a person: every cluster has a face or two that look unlike the rest. */
const leastPart = 2;

/**
 * Of each cluster the weakest link of its tree that has at least two faces on either side, and how alike the parts are; most different
 * parts first, by the quotient of both: of two people rather than of a person who is hard to recognise. Clusters that no links hold together are passed over. O(n dim).
 */
export function splitsOf(
  features: Features,
  { values: labels, clusters }: Labels,
  sizes: Int32Array,
  forest: Forest,
  scores: Float32Array,
): Split[] {
  const { parents, links, order } = forest;
  const below = belowOf(forest, labels);
  const tops = Int32Array.from({ length: clusters }, () => -1);
  const cuts = Int32Array.from({ length: clusters }, () => -1);
  for (const i of order) {
    const cluster = labels[i];
    if (parents[i] === -1 || labels[parents[i]] !== cluster) {
      tops[cluster] = tops[cluster] === -1 ? i : -2; // several trees
      continue;
    }
    const parts = Math.min(below[i], sizes[cluster] - below[i]);
    if (parts < leastPart) continue;
    const cut = cuts[cluster];
    if (cut === -1 || scores[links[i]] < scores[links[cut]]) cuts[cluster] = i;
  }
  const side = sidesOf(forest, labels, cuts);
  const sums = new PartSums(features.dim);
  const members = membersOf(labels, sizes);
  const splits: Split[] = [];
  for (let cluster = 0; cluster < clusters; cluster++) {
    const cut = cuts[cluster];
    if (cut === -1 || tops[cluster] < 0) continue;
    sums.clear();
    for (let m = members.offsets[cluster]; m < members.offsets[cluster + 1]; m++) {
      const i = members.list[m];
      sums.add(side[i], features.row(i));
    }
    const size = sizes[cluster];
    const smaller = below[cut] <= size - below[cut];
    splits.push({
      cluster,
      size,
      link: smaller ? [cut, parents[cut]] : [parents[cut], cut],
      score: scores[links[cut]],
      parts: smaller ? [below[cut], size - below[cut]] : [size - below[cut], below[cut]],
      ...sums.similarities(below[cut], size - below[cut]),
    });
  }
  return splits.sort((a, b) => likeness(a) - likeness(b) || a.cluster - b.cluster);
}

/** How alike the parts are, as a share of how alike the faces of each are: about 1 for one person. */
function likeness({ inside, across }: Split): number {
  return inside > 0 ? across / inside : 1;
}

/** (n) faces of the cluster that hang on each point, itself included. */
function belowOf({ parents, order }: Forest, labels: Int32Array): Int32Array {
  const below = new Int32Array(parents.length).fill(1);
  for (let at = order.length - 1; at >= 0; at--) {
    const i = order[at];
    const parent = parents[i];
    if (parent !== -1 && labels[parent] === labels[i]) below[parent] = below[parent] + below[i];
  }
  return below;
}

/** (n) 1 for what hangs on the cut of its cluster, else 0. */
function sidesOf({ parents, order }: Forest, labels: Int32Array, cuts: Int32Array): Uint8Array {
  const side = new Uint8Array(parents.length);
  for (const i of order) {
    const parent = parents[i];
    const inherited = parent !== -1 && labels[parent] === labels[i] && side[parent] === 1;
    side[i] = inherited || cuts[labels[i]] === i ? 1 : 0;
  }
  return side;
}

/** Instances by cluster. */
export function membersOf(labels: ArrayLike<number>, sizes: Int32Array): { offsets: Int32Array; list: Int32Array } {
  const offsets = new Int32Array(sizes.length + 1);
  for (let c = 0; c < sizes.length; c++) offsets[c + 1] = offsets[c] + sizes[c];
  const cursor = offsets.slice(0, sizes.length);
  const list = new Int32Array(labels.length);
  for (let i = 0; i < labels.length; i++) list[cursor[labels[i]]++] = i;
  return { offsets, list };
}

/** Sums of the rows of two parts. */
class PartSums {
  private readonly sums: readonly [Float64Array, Float64Array];

  constructor(dim: number) {
    this.sums = [new Float64Array(dim), new Float64Array(dim)];
  }

  clear(): void {
    for (const sum of this.sums) sum.fill(0);
  }

  add(part: number, row: Float32Array): void {
    const sum = this.sums[part];
    for (let c = 0; c < row.length; c++) sum[c] += row[c];
  }

  /** Of unit rows; `a` rows were added to part 1, `b` to part 0. */
  similarities(a: number, b: number): { inside: number; across: number } {
    const [second, first] = this.sums;
    const pairs = a * (a - 1) + b * (b - 1);
    const inside = (dot(first, first) - a + dot(second, second) - b) / pairs;
    return { inside, across: dot(first, second) / (a * b) };
  }
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let c = 0; c < x.length; c++) sum += x[c] * y[c];
  return sum;
}
