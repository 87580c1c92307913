import { countsToOffsets, type Csr } from './csr.js';

/** What becomes of a pair that is listed more than once, in the order of the rows: keep one score, or combine them. */
export type PairMerge = 'first' | 'last' | 'avg' | 'max' | 'sum';

type Reals = Float32Array | Float64Array;

/** Each unordered pair once, as the upper triangle: row i ascends and lists only targets above i. */
export interface ScoredPairs extends Csr {
  /** (P) scores; float64 where the given ones were, or where they were averaged. */
  readonly scores: Reals;
  /** The lowest score before merging, Infinity without any pair. */
  readonly minimum: number;
}

/**
 * Makes unordered pairs of directed links: those scoring at least `minScore`, each pair once. A link to itself or to
 * nobody (-1), and one that scores -Infinity or NaN, is none. A pair listed more than once is merged in the order in
 * which the rows list it; `avg` is the running mean (count x mean + score) / (count + 1). O(n + m) time,
 * 12 bytes a link at most besides the result.
 */
export function undirectedPairs(
  links: Csr,
  scores: ArrayLike<number>,
  merge: PairMerge,
  minScore = -Number.MAX_VALUE,
): ScoredPairs {
  const { n, offsets, targets } = links;
  const upward = upwardLinks(links, scores, minScore);
  // Rows of the result are filled by ascending larger end, so they come out sorted.
  const pairs = new Int32Array(n + 1);
  const seen = new Int32Array(n).fill(-1);
  let minimum = Infinity;
  for (let j = 0; j < n; j++) {
    for (let u = upward.offsets[j]; u < upward.offsets[j + 1]; u++) {
      const i = upward.targets[u];
      const score = scores[upward.origins[u]];
      if (score < minimum) minimum = score;
      if (seen[i] !== j) pairs[i + 1] = pairs[i + 1] + 1;
      seen[i] = j;
    }
    for (let e = offsets[j]; e < offsets[j + 1]; e++) {
      const i = targets[e];
      const score = scores[e];
      if (i < 0 || i >= j || !(score >= minScore)) continue;
      if (score < minimum) minimum = score;
      if (seen[i] !== j) pairs[i + 1] = pairs[i + 1] + 1;
      seen[i] = j;
    }
  }
  countsToOffsets(pairs);
  const total = pairs[n];
  const cursor = pairs.slice(0, n);
  const ends = new Int32Array(total);
  const merged: Reals =
    scores instanceof Float32Array && merge !== 'avg' ? new Float32Array(total) : new Float64Array(total);
  const times = merge === 'avg' ? new Int32Array(n) : undefined;

  const put = (i: number, j: number, score: number): void => {
    const last = cursor[i] - 1;
    if (last < pairs[i] || ends[last] !== j) {
      ends[last + 1] = j;
      merged[last + 1] = score;
      cursor[i] = last + 2;
      if (times !== undefined) times[i] = 1;
    } else if (times !== undefined) {
      merged[last] = (times[i] * merged[last] + score) / (times[i] + 1);
      times[i] = times[i] + 1;
    } else if (merge === 'last' || (merge === 'max' && score > merged[last])) {
      merged[last] = score;
    } else if (merge === 'sum') {
      merged[last] += score;
    }
  };
  for (let j = 0; j < n; j++) {
    // The row of the smaller end comes first in the order of the rows.
    for (let u = upward.offsets[j]; u < upward.offsets[j + 1]; u++) {
      put(upward.targets[u], j, scores[upward.origins[u]]);
    }
    for (let e = offsets[j]; e < offsets[j + 1]; e++) {
      const i = targets[e];
      if (i >= 0 && i < j && scores[e] >= minScore) put(i, j, scores[e]);
    }
  }
  return { n, offsets: pairs, targets: ends, scores: merged, minimum };
}

/** The links from a smaller to a larger point, grouped by the larger: `targets` holds the smaller, ascending. */
function upwardLinks(links: Csr, scores: ArrayLike<number>, minScore: number): Csr & { origins: Int32Array } {
  const { n, offsets, targets } = links;
  const turned = new Int32Array(n + 1);
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      const j = targets[e];
      if (j > i && scores[e] >= minScore) turned[j + 1] = turned[j + 1] + 1;
    }
  }
  countsToOffsets(turned);
  const cursor = turned.slice(0, n);
  const smaller = new Int32Array(turned[n]);
  const origins = new Int32Array(turned[n]);
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      const j = targets[e];
      if (j <= i || !(scores[e] >= minScore)) continue;
      const at = cursor[j];
      cursor[j] = at + 1;
      smaller[at] = i;
      origins[at] = e;
    }
  }
  return { n, offsets: turned, targets: smaller, origins };
}
