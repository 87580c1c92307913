import { countsToOffsets } from './csr.js';

/** A partition as a sweep sees it: (n) int32 labels of any numbering, each below n. */
export type PartitionAt = (threshold: number) => Int32Array;

/** One threshold of a sweep. */
export interface StabilityPoint {
  readonly threshold: number;
  /** BCubed F between the partitions a little below and a little above; undefined at the ends of the sweep. */
  readonly stability: number | undefined;
  readonly clusters: number;
  /** Share of the instances that the largest cluster holds. */
  readonly largest: number;
}

/** The threshold that the data are least sensitive to, and what it was chosen from. */
export interface StableThreshold {
  readonly threshold: number;
  readonly stability: number;
  /** Thresholds around the chosen one whose stability is at most .01 less: a wide plateau can't be missed by much. */
  readonly plateau: readonly [number, number];
  /** From the lowest threshold to the highest. */
  readonly curve: readonly StabilityPoint[];
  /** Why the choice should not be trusted; undefined where nothing speaks against it. */
  readonly doubt: string | undefined;
}

export interface StabilityOptions {
  /** Distance of neighbouring thresholds. */
  readonly step?: number | undefined;
  /** How many steps below and above a threshold the compared partitions lie. */
  readonly reach?: number | undefined;
  /**
   * Whether the partition at a lower threshold only joins clusters, as in a hierarchy. Of peaks that are all but equally stable
   * the lowest is then taken: identities that fall apart are stable in their parts, too. Otherwise it is the highest: a method
   * that has to sort out ever more wrong links is not to be trusted with them.
   */
  readonly nested?: boolean | undefined;
  /** Called after each threshold; may throw to stop. */
  readonly onPoint?: ((done: number, total: number) => void) | undefined;
}

/** A cluster that holds more of the instances is taken for one that chains identities. */
const largestShare = 0.25;
/** Beyond this share lower thresholds only join more. */
const hopelessShare = 0.5;
/** Below this stability the partitions have little in common, wherever one cuts. */
const leastStability = 0.8;
const plateauDepth = 0.01;
/** Peaks that differ by less in stability are alike. */
const slack = 0.001;

/**
 * Chooses a threshold without labels: where the partition changes least as the threshold moves. For each threshold t of a grid
 * the partitions at t - reach and t + reach are compared by BCubed F over the instances that are not single in both; thresholds
 * at which one cluster holds over a quarter of the instances are passed over, unless all are. Of a plateau the
 * middle is taken. `partitionAt` is asked once for each threshold, from the highest down, and not far below the point where one
 * cluster holds half of the instances: joins can be made on the way, with nothing run twice.
 *
 * `low` and `high` bound the thresholds, such as the least and the largest score. O(n) a threshold, 16 n bytes a partition.
 */
export function stableThreshold(
  n: number,
  low: number,
  high: number,
  partitionAt: PartitionAt,
  { step = 0.02, reach = 2, nested = true, onPoint }: StabilityOptions = {},
): StableThreshold {
  if (!(low <= high)) {
    return { threshold: 1, stability: 0, plateau: [1, 1], curve: [], doubt: 'there is no link' };
  }
  const first = Math.ceil(low / step - 1e-9);
  // Above the best score everything is single: the sweep begins there, so that the ends can be compared with something.
  const last = Math.floor(high / step + 1e-9) + reach + 1;
  // Far enough below for a partition into one cluster to show that it is stable.
  const end = first - 2 * reach - 1;
  let hopeless = 0;
  const agreement = new Agreement(n);
  const window: Int32Array[] = [];
  const points: { threshold: number; stability: number | undefined; clusters: number; largest: number }[] = [];
  for (let place = last; place >= end; place--) {
    const threshold = Number((place * step).toFixed(10));
    const labels = partitionAt(threshold);
    const { clusters, largest } = agreement.describe(labels);
    points.push({ threshold, stability: undefined, clusters, largest });
    window.push(labels);
    if (window.length > 2 * reach + 1) window.shift();
    if (window.length === 2 * reach + 1)
      points[points.length - 1 - reach].stability = agreement.compare(window[0], labels);
    onPoint?.(last - place + 1, last - end + 1);
    hopeless = largest > hopelessShare ? hopeless + 1 : 0;
    if (hopeless > 2 * reach) break;
  }
  return choose(points.reverse(), nested);
}

function choose(curve: readonly StabilityPoint[], nested: boolean): StableThreshold {
  const known = curve.filter(({ stability }) => stability !== undefined);
  const sound = known.filter(({ largest }) => largest <= largestShare);
  // Few identities, or one: whatever they hold, clusters that stay are better than a threshold at which nothing does.
  const firm = known.filter(({ stability = 0 }) => stability >= leastStability);
  const alone = sound.every(({ stability = 0 }) => stability < leastStability) && firm.length > 0;
  const candidates = alone ? firm : sound.length > 0 ? sound : known.length > 0 ? known : curve;
  const fromBelow = nested && !alone;
  const most = Math.max(...candidates.map(({ stability = 0 }) => stability));
  const at = topOf(firstRun(fromBelow ? candidates : [...candidates].reverse(), most - slack));
  const best = at.stability ?? 0;
  const chosen = curve.indexOf(at);
  const near = ({ stability = -1 }: StabilityPoint): boolean => stability >= best - plateauDepth;
  let [from, to] = [chosen, chosen];
  while (from > 0 && near(curve[from - 1])) from--;
  while (to < curve.length - 1 && near(curve[to + 1])) to++;
  return {
    threshold: at.threshold,
    stability: best,
    plateau: [curve[from].threshold, curve[to].threshold],
    curve,
    doubt: doubtOf(best, at),
  };
}

/** Neighbouring thresholds of at least a stability, the first such. */
function firstRun(points: readonly StabilityPoint[], least: number): readonly StabilityPoint[] {
  const from = points.findIndex(({ stability = 0 }) => stability >= least);
  const length = points.slice(from).findIndex(({ stability = 0 }) => stability < least);
  return points.slice(from, length < 0 ? undefined : from + length);
}

/** The most stable of them; of equal ones the middle. */
function topOf(points: readonly StabilityPoint[]): StabilityPoint {
  const best = Math.max(...points.map(({ stability = 0 }) => stability));
  const ties = points.filter(({ stability = 0 }) => stability >= best - 1e-9);
  return ties[ties.length >> 1];
}

function doubtOf(stability: number, { largest }: StabilityPoint): string | undefined {
  if (stability < leastStability) return `no threshold is stable: at best ${stability.toFixed(2)} of the clusters stay`;
  if (largest <= largestShare) return undefined;
  return `one cluster holds ${(100 * largest).toFixed(0)} % of the instances`;
}

/** Compares partitions of n instances, in arrays that are made once. */
class Agreement {
  private readonly sizesA: Int32Array;
  private readonly sizesB: Int32Array;
  private readonly order: Int32Array;
  private readonly counts: Int32Array;

  constructor(private readonly n: number) {
    this.sizesA = new Int32Array(n + 1);
    this.sizesB = new Int32Array(n + 1);
    this.order = new Int32Array(n);
    this.counts = new Int32Array(n);
  }

  describe(labels: Int32Array): { clusters: number; largest: number } {
    const sizes = this.sizesA.fill(0);
    let [clusters, largest] = [0, 0];
    for (const label of labels) {
      const size = sizes[label] + 1;
      sizes[label] = size;
      if (size === 1) clusters++;
      if (size > largest) largest = size;
    }
    return { clusters, largest: this.n === 0 ? 0 : largest / this.n };
  }

  /** BCubed F of two partitions over the instances that are not single in both; 0 where there is none. */
  compare(a: Int32Array, b: Int32Array): number {
    const { n, sizesA, sizesB, order, counts } = this;
    count(a, sizesA);
    count(b, sizesB);
    // Instances grouped by cluster of a; within a group, `counts` holds how many share the cluster of b.
    const offsets = countsToOffsets(sizesA.slice());
    for (let i = n - 1; i >= 0; i--) order[(offsets[a[i] + 1] = offsets[a[i] + 1] - 1)] = i;
    let [precision, recall, instances] = [0, 0, 0];
    for (let start = 0; start < n;) {
      const sizeA = sizesA[a[order[start]] + 1];
      const end = start + sizeA;
      for (let at = start; at < end; at++) counts[b[order[at]]] = counts[b[order[at]]] + 1;
      for (let at = start; at < end; at++) {
        const cluster = b[order[at]];
        const sizeB = sizesB[cluster + 1];
        if (sizeA === 1 && sizeB === 1) continue;
        precision += counts[cluster] / sizeA;
        recall += counts[cluster] / sizeB;
        instances++;
      }
      for (let at = start; at < end; at++) counts[b[order[at]]] = 0;
      start = end;
    }
    return instances === 0 ? 0 : (2 * precision * recall) / ((precision + recall) * instances);
  }
}

/** Sizes by label, one place to the right. */
function count(labels: Int32Array, sizes: Int32Array): void {
  sizes.fill(0);
  for (const label of labels) sizes[label + 1] = sizes[label + 1] + 1;
}

/** The least and the largest score, within -1 .. 1 where cosines lie; Infinity and -Infinity where there is none. */
export function scoreRange(scores: ArrayLike<number>): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (let e = 0; e < scores.length; e++) {
    const score = scores[e];
    if (score < low && score > -Infinity) low = score;
    if (score > high) high = score;
  }
  if (low > high) return [low, high];
  return [Math.min(Math.max(low, -1), 1), Math.max(Math.min(high, 1), -1)];
}
