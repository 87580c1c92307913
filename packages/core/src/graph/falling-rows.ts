import { countsToOffsets, type Csr } from './csr.js';
import { descendingOrder } from './descending-order.js';
import type { ScoredPairs } from './undirected-pairs.js';

/** Pairs seen from both ends. Each row falls, so what scores at least some threshold is its front. */
export interface FallingRows extends Csr {
  /** (m) float32. */
  readonly scores: Float32Array;
}

/** Rows for {@link frontsAbove}, of float32 scores, Infinity left out; of equal ones the pair that was listed first comes first. O(n + m) time, 24 bytes a pair beside the result. */
export function fallingRows({ n, offsets, targets, scores }: ScoredPairs): FallingRows {
  if (!(scores instanceof Float32Array)) throw new RangeError('scores are to be float32');
  const ends = new Int32Array(n + 1);
  const lower = new Int32Array(targets.length);
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      lower[e] = i;
      if (scores[e] === Infinity) continue;
      ends[i + 1] = ends[i + 1] + 1;
      ends[targets[e] + 1] = ends[targets[e] + 1] + 1;
    }
  }
  countsToOffsets(ends);
  const rows = { n, offsets: ends, targets: new Int32Array(ends[n]), scores: new Float32Array(ends[n]) };
  const cursor = ends.slice(0, n);
  const put = (i: number, j: number, score: number): void => {
    const at = cursor[i];
    cursor[i] = at + 1;
    rows.targets[at] = j;
    rows.scores[at] = score;
  };
  for (const e of descendingOrder(scores)) {
    if (scores[e] === Infinity) continue;
    put(lower[e], targets[e], scores[e]);
    put(targets[e], lower[e], scores[e]);
  }
  return rows;
}

/** Moves (n) ends of fronts to where scores fall below a threshold; quick where they are near already. */
export function frontsAbove({ n, offsets, scores }: FallingRows, threshold: number, ends: Int32Array): void {
  for (let i = 0; i < n; i++) {
    let end = ends[i];
    while (end < offsets[i + 1] && scores[end] >= threshold) end++;
    while (end > offsets[i] && !(scores[end - 1] >= threshold)) end--;
    ends[i] = end;
  }
}
