import { Agreement } from './agreement.js';
import { scoreStep } from './score-steps.js';

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
  /** Thresholds around the chosen one that are worth at most .01 less than the best: a wide plateau can't be missed by much. */
  readonly plateau: readonly [number, number];
  /** The lowest threshold with scores below all that it was compared with: lower ones, and this one, lie at the end of the sweep. */
  readonly least: number;
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
   * Whether the partition at a lower threshold only joins clusters, as in a hierarchy. Of a plateau the lower end is then taken:
   * identities that fall apart are stable in their parts, too. Otherwise it is the top, and of several alike the highest: a
   * method that has to sort out ever more wrong links is not to be trusted with them. `nearly` is for methods whose clusters join
   * for the most part: strangers that weak links hold together can be stable below the right threshold, over a short stretch, so
   * of all plateaus the widest is taken, at its lower end, and of equally wide ones the highest.
   */
  readonly nested?: boolean | 'nearly' | undefined;
  /** What is cut, where it is scores of links: whether they come in steps is then seen, and a doubt. */
  readonly scores?: ArrayLike<number> | undefined;
  /** Called after each threshold; may throw to stop. */
  readonly onPoint?: ((done: number, total: number) => void) | undefined;
}

/** A cluster that holds more of the instances may be a chain of identities. */
const largestShare = 0.25;
/** What a partition that is one single cluster loses of its worth: trivial ones are perfectly stable. */
const collapsePenalty = 0.3;
/** How much the share of the instances that are in clusters counts: a few duplicates are perfectly stable, too. */
const shareExponent = 0.05;
/** Below this stability the partitions have little in common, wherever one cuts. */
const leastStability = 0.8;
/** How much less worth the ends of a plateau are than its top. */
const plateauDepth = 0.01;
/** The same where the widest plateau is looked for: a deeper one would join neighbouring plateaus into one. */
const widthDepth = 0.005;
/** Peaks whose worth differs by less are alike. */
const slack = 0.001;

/**
 * Chooses a threshold without labels: where the partition changes least as the threshold moves. For each threshold t of a grid
 * the partitions at t - reach and t + reach are compared by BCubed F over the instances that are not single in both. The best
 * is taken, once what is stable for no good reason has been made up for ({@link worthOf}).
 * `partitionAt` is asked once for each threshold, from the highest down, until clusters are too large for a better one to come: joins
 * can be made on the way, with nothing run twice.
 *
 * `low` and `high` bound the thresholds that cut anything, such as the least and the largest score.
 * O(n) a threshold, 16 n bytes a partition.
 */
export function stableThreshold(
  n: number,
  low: number,
  high: number,
  partitionAt: PartitionAt,
  options: StabilityOptions = {},
): StableThreshold {
  const search = stabilitySearch(n, low, high, options);
  let step = search.next();
  while (step.done !== true) step = search.next(partitionAt(step.value));
  return step.value;
}

/** The thresholds that may be asked for, from the highest down. */
export function sweepOf(
  low: number,
  high: number,
  { step = 0.02, reach = 2 }: Pick<StabilityOptions, 'step' | 'reach'> = {},
): Float64Array {
  if (!(low <= high)) return new Float64Array(0);
  // Above the best score everything is single: the sweep begins there, so that the ends can be compared with something.
  const last = Math.floor(high / step + 1e-9) + reach + 1;
  // Far enough below for a partition into one cluster to show that it is stable.
  const end = firstPlace(low, step) - 2 * reach - 1;
  return Float64Array.from({ length: last - end + 1 }, (_, at) => thresholdAt(last - at, step));
}

/** The lowest threshold of the grid that cuts something, in steps. */
function firstPlace(low: number, step: number): number {
  return Math.ceil(low / step - 1e-9);
}

function thresholdAt(place: number, step: number): number {
  return Number((place * step).toFixed(10));
}

/** {@link stableThreshold} for those who make partitions elsewhere: yields thresholds, and wants the partition at each before the next. */
export function* stabilitySearch(
  n: number,
  low: number,
  high: number,
  { step = 0.02, reach = 2, nested = true, scores, onPoint }: StabilityOptions = {},
): Generator<number, StableThreshold, Int32Array> {
  const sweep = sweepOf(low, high, { step, reach });
  if (sweep.length === 0) {
    return { threshold: 1, stability: 0, plateau: [1, 1], least: 1, curve: [], doubt: 'there is no link' };
  }
  const least = thresholdAt(firstPlace(low, step) + reach, step);
  const agreement = new Agreement(n);
  const window: Int32Array[] = [];
  const points: SweptPoint[] = [];
  let best = 0;
  for (const threshold of sweep) {
    const labels = yield threshold;
    const { clusters, largest } = agreement.describe(labels);
    points.push({ threshold, stability: undefined, clusters, largest, compared: 0, cuts: threshold >= least });
    window.push(labels);
    if (window.length > 2 * reach + 1) window.shift();
    onPoint?.(points.length, sweep.length);
    if (window.length < 2 * reach + 1) continue;
    const judged = Object.assign(points[points.length - 1 - reach], agreement.compare(window[0], labels));
    if (judged.compared > 0) best = Math.max(best, worthOf(judged));
    // The largest cluster grows on the way down: what is left can't come near the best.
    if (worthOf({ ...judged, stability: 1, compared: 1 }) < best - plateauDepth) break;
  }
  const found = choose(points.reverse(), nested);
  return { ...found, least, doubt: found.doubt ?? stepDoubt(scores, low) };
}

interface SweptPoint extends StabilityPoint {
  /** Share of the instances that are not single in both of the partitions compared. */
  readonly compared: number;
  /** Whether scores lie below both of the partitions compared. */
  readonly cuts: boolean;
}

/**
 * Stability, less what is had for nothing: clusters of a few duplicates, and one cluster of nearly all, are stable in themselves.
 * Where clusters hold at most a quarter of the instances and most instances have a cluster, it is the stability itself.
 */
function worthOf({ stability = 0, largest, compared, cuts }: SweptPoint): number {
  const collapse = cuts ? Math.max(0, largest - largestShare) / (1 - largestShare) : 1;
  return stability * compared ** shareExponent - collapsePenalty * collapse;
}

function choose(curve: readonly SweptPoint[], nested: boolean | 'nearly'): Omit<StableThreshold, 'least'> {
  const known = curve.filter(({ stability }) => stability !== undefined);
  const joined = known.filter(({ compared }) => compared > 0);
  const candidates = joined.length > 0 ? joined : known;
  const at = chosenOf(candidates, nested);
  const chosen = candidates.indexOf(at);
  const least = Math.max(...candidates.map(worthOf)) - plateauDepth;
  let [from, to] = [chosen, chosen];
  while (from > 0 && worthOf(candidates[from - 1]) >= least) from--;
  while (to < candidates.length - 1 && worthOf(candidates[to + 1]) >= least) to++;
  return {
    threshold: at.threshold,
    stability: at.stability ?? 0,
    plateau: [candidates[from].threshold, candidates[to].threshold],
    curve: curve.map(({ threshold, stability, clusters, largest }) => ({ threshold, stability, clusters, largest })),
    doubt: doubtOf(at.stability ?? 0, at),
  };
}

function chosenOf(candidates: readonly SweptPoint[], nested: boolean | 'nearly'): SweptPoint {
  if (nested === 'nearly') return widestRun(candidates, widthDepth)[0];
  return nested ? firstRun(candidates, plateauDepth)[0] : topOf(firstRun([...candidates].reverse(), slack));
}

/** The longest of all runs of neighbouring thresholds whose worth is at most `depth` below the best; of equal ones the last. */
function widestRun(points: readonly SweptPoint[], depth: number): readonly SweptPoint[] {
  const least = Math.max(...points.map(worthOf)) - depth;
  let [best, from] = [points.slice(0, 0), 0];
  for (let at = 0; at <= points.length; at++) {
    if (at < points.length && worthOf(points[at]) >= least) continue;
    if (at > from && at - from >= best.length) best = points.slice(from, at);
    from = at + 1;
  }
  return best;
}

/** Neighbouring thresholds whose worth is at most `depth` below the best: the first such. */
function firstRun(points: readonly SweptPoint[], depth: number): readonly SweptPoint[] {
  const least = Math.max(...points.map(worthOf)) - depth;
  const from = points.findIndex((point) => worthOf(point) >= least);
  const length = points.slice(from).findIndex((point) => worthOf(point) < least);
  return points.slice(from, length < 0 ? undefined : from + length);
}

/** The best of them; of equal ones the middle. */
function topOf(points: readonly SweptPoint[]): SweptPoint {
  const best = Math.max(...points.map(worthOf));
  const ties = points.filter((point) => worthOf(point) >= best - 1e-9);
  return ties[ties.length >> 1];
}

function doubtOf(stability: number, { largest }: StabilityPoint): string | undefined {
  if (stability < leastStability) return `no threshold is stable: at best ${stability.toFixed(2)} of the clusters stay`;
  if (largest <= largestShare) return undefined;
  return `one cluster holds ${(100 * largest).toFixed(0)} % of the instances`;
}

function stepDoubt(scores: ArrayLike<number> | undefined, low: number): string | undefined {
  const step = scores === undefined ? undefined : scoreStep(scores, low);
  if (step === undefined) return undefined;
  const share = `${(100 * step.share).toFixed(0)} % of the links score exactly ${Number(step.value.toFixed(4))}`;
  return `scores come in steps (${share}), and between two steps nothing changes: being stable says little here`;
}

const bins = 4096;
/** Scores below mark links that are none, whatever the threshold; a cosine is no further below -1 than rounding takes it. */
const leastScore = -1.001;

/**
 * The range of thresholds that cut: from the score that 1 % of the scores lie below, a few far neighbours, to the largest. Within
 * -1 .. 1 where cosines lie; Infinity and -Infinity where there is no score.
 */
export function scoreRange(scores: ArrayLike<number>): [low: number, high: number] {
  const counts = new Int32Array(bins);
  let [low, high, count] = [Infinity, -Infinity, 0];
  for (let e = 0; e < scores.length; e++) {
    if (!(scores[e] >= leastScore)) continue;
    const score = Math.min(Math.max(scores[e], -1), 1);
    if (score < low) low = score;
    if (score > high) high = score;
    counts[Math.min(bins - 1, Math.floor(((score + 1) / 2) * bins))]++;
    count++;
  }
  if (count < 100) return [low, high];
  let [bin, below] = [0, counts[0]];
  while (below <= count / 100) below += counts[++bin];
  return [Math.max(low, (2 * bin) / bins - 1), high];
}
