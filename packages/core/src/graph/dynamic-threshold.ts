import type { ScoredPairs } from './undirected-pairs.js';
import { UnionFind } from './union-find.js';

export interface DynamicThresholdOptions {
  /** Components with more points are taken apart. */
  readonly maxSize: number;
  /** How far the threshold moves towards 1 at each level: t <- t + (1 - t) * step. */
  readonly step: number;
  /** Levels after which what is left becomes one component, whatever its size. At least 1. */
  readonly maxIterations: number;
}

export interface DynamicThresholdResult {
  /** (n) component of each point, numbered by first appearance; -1 = the point is in no pair. */
  readonly components: Int32Array;
  readonly count: number;
  /** Points that the forced stop put into one component; 0 = the levels sufficed. */
  readonly forced: number;
}

/**
 * Clusters by a threshold that rises where components are too large. Level 0 takes all pairs; each component of at most
 * `maxSize` points is final, the others are split by the pairs that score at least t, with t rising level by level from
 * the lowest score of all (before pairs were merged). After `maxIterations` levels the remainder becomes a single component.
 *
 * The levels are walked from the highest down: `all` holds the components of the current level, `final` joins only
 * those that are small enough, and keeps their largest stage. So each pair is looked at once, not once a level:
 * O(n + m (log maxIterations + inverse Ackermann)) time, 10 bytes a pair.
 *
 * Zhan et al., "Consensus-Driven Propagation in Massive Unlabeled Data for Face Recognition", ECCV 2018; used for
 * cluster proposals in Yang et al., "Learning to Cluster Faces on an Affinity Graph", CVPR 2019, sec. 3.2.
 */
export function dynamicThreshold(pairs: ScoredPairs, options: DynamicThresholdOptions): DynamicThresholdResult {
  const { n } = pairs;
  const { maxSize } = options;
  const levels = byFallingLevel(pairs, thresholds(pairs.minimum, options));
  const all = new UnionFind(n);
  const final = new UnionFind(n);
  let forced = 0;
  for (let bucket = 0; bucket + 1 < levels.offsets.length; bucket++) {
    const from = levels.offsets[bucket];
    const to = levels.offsets[bucket + 1];
    for (let e = from; e < to; e++) all.union(levels.low[e], levels.high[e]);
    for (let e = from; e < to; e++) {
      if (all.size(levels.low[e]) <= maxSize) final.union(levels.low[e], levels.high[e]);
    }
    if (bucket > 0) continue;
    let first = -1;
    for (let i = 0; i < n; i++) {
      if (all.size(i) <= maxSize) continue;
      if (first === -1) first = i;
      final.union(first, i);
      forced++;
    }
  }
  return { ...numbered(all, final, n), forced };
}

/** (maxIterations) the thresholds of levels 1, 2, ...: never falling while `start` is at most 1; above it, all pass. */
function thresholds(start: number, options: DynamicThresholdOptions): Float64Array {
  const { step, maxIterations } = options;
  if (maxIterations < 1 || maxIterations > 65535) throw new RangeError(`${maxIterations} iterations`);
  const values = new Float64Array(maxIterations);
  let t = start;
  for (let level = 0; level < maxIterations; level++) {
    t = t + (1 - t) * step;
    values[level] = t;
  }
  return values;
}

/** The ends of the pairs, bucket 0 holding those that pass every threshold, the last one those that pass none. */
function byFallingLevel(
  pairs: ScoredPairs,
  rising: Float64Array,
): { offsets: Int32Array; low: Int32Array; high: Int32Array } {
  const top = rising.length;
  const m = pairs.targets.length;
  const bucketOf = new Uint16Array(m);
  const offsets = new Int32Array(top + 2);
  for (let e = 0; e < m; e++) {
    const bucket = top - passed(pairs.scores[e], rising);
    bucketOf[e] = bucket;
    offsets[bucket + 1] = offsets[bucket + 1] + 1;
  }
  for (let b = 1; b < offsets.length; b++) offsets[b] = offsets[b] + offsets[b - 1];
  const cursor = offsets.slice();
  const low = new Int32Array(m);
  const high = new Int32Array(m);
  for (let i = 0; i < pairs.n; i++) {
    for (let e = pairs.offsets[i]; e < pairs.offsets[i + 1]; e++) {
      const at = cursor[bucketOf[e]];
      cursor[bucketOf[e]] = at + 1;
      low[at] = i;
      high[at] = pairs.targets[e];
    }
  }
  return { offsets, low, high };
}

/** How many of the never falling thresholds a score reaches: a binary search. */
function passed(score: number, rising: Float64Array): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (score >= rising[middle]) low = middle + 1;
    else high = middle;
  }
  return low;
}

function numbered(all: UnionFind, final: UnionFind, n: number): { components: Int32Array; count: number } {
  const components = new Int32Array(n).fill(-1);
  const names = new Int32Array(n).fill(-1);
  let count = 0;
  for (let i = 0; i < n; i++) {
    if (all.size(i) === 1) continue;
    const root = final.find(i);
    if (names[root] === -1) names[root] = count++;
    components[i] = names[root];
  }
  return { components, count };
}
