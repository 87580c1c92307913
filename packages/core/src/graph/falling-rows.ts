import { sharedFloat32, sharedInt32 } from '../data/shared-arrays.js';
import { countsToOffsets, type Csr } from './csr.js';
import { descendingKey, descendingOrder } from './descending-order.js';
import type { ScoredPairs } from './undirected-pairs.js';

/** Pairs seen from both ends. Each row falls, so what scores at least some threshold is its front. Arrays are shared. */
export interface FallingRows extends Csr {
  /** (m) float32. */
  readonly scores: Float32Array;
}

/**
 * Rows for {@link frontsAbove}, of float32 scores, Infinity left out; equal ones in the order of the pairs. `numbers` ((n) int32) gives points other numbers,
 * see {@link nearOrder}. O(n + m log(m / n)) time,  no more memory than the result.
 */
export function fallingRows({ n, offsets, targets, scores }: ScoredPairs, numbers?: Int32Array): FallingRows {
  if (!(scores instanceof Float32Array)) throw new RangeError('scores are to be float32');
  const numberOf = numbers ?? Int32Array.from({ length: n }, (_, i) => i);
  const starts = sharedInt32(n + 1);
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      if (scores[e] === Infinity) continue;
      starts[numberOf[i] + 1]++;
      starts[numberOf[targets[e]] + 1]++;
    }
  }
  countsToOffsets(starts);
  const rows = { n, offsets: starts, targets: sharedInt32(starts[n]), scores: sharedFloat32(starts[n]) };
  const cursor = starts.slice(0, n);
  const put = (i: number, j: number, score: number): void => {
    const at = cursor[i];
    cursor[i] = at + 1;
    rows.targets[at] = j;
    rows.scores[at] = score;
  };
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      if (scores[e] === Infinity) continue;
      const [a, b] = [numberOf[i], numberOf[targets[e]]];
      put(a, b, scores[e]);
      put(b, a, scores[e]);
    }
  }
  sortRows(rows);
  return rows;
}

/** Places in a row that fit into a double beside a key of 32 bits. */
const places = 2 ** 21;

/** Sorts each row by falling scores, in place; equal ones keep their order. */
function sortRows({ n, offsets, targets, scores }: FallingRows): void {
  let longest = 0;
  for (let i = 0; i < n; i++) longest = Math.max(longest, offsets[i + 1] - offsets[i]);
  const keys = new Float64Array(Math.min(longest, places));
  const held = { targets: new Int32Array(longest), scores: new Float32Array(longest) };
  for (let i = 0; i < n; i++) {
    const start = offsets[i];
    const count = offsets[i + 1] - start;
    for (let at = 0; at < count; at++) {
      held.targets[at] = targets[start + at];
      held.scores[at] = scores[start + at];
    }
    const take = (place: number, at: number): void => {
      targets[start + at] = held.targets[place];
      scores[start + at] = held.scores[place];
    };
    if (count > places) {
      descendingOrder(held.scores.subarray(0, count)).forEach(take);
      continue;
    }
    for (let at = 0; at < count; at++) keys[at] = descendingKey(held.scores[at]) * places + at;
    const sorted = keys.subarray(0, count).sort();
    for (let at = 0; at < count; at++) take(sorted[at] - Math.floor(sorted[at] / places) * places, at);
  }
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
