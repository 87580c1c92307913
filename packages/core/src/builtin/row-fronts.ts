import type { KnnGraph } from '../data/knn-graph.js';
import type { EdgeProposals } from '../data/proposals.js';
import { sharedFloat32, sharedInt32 } from '../data/shared-arrays.js';
import { countsToOffsets } from '../graph/csr.js';

/** How many neighbours of instance i are kept, the best ones. */
export type FrontOf = (i: number) => number;

/** Proposes the best neighbours of each instance, another number for each. O(n) calls, 8 bytes a kept link. */
export function rowFronts({ n, k, ids, similarities }: KnnGraph, frontOf: FrontOf): EdgeProposals {
  const offsets = sharedInt32(n + 1);
  for (let i = 0; i < n; i++) offsets[i + 1] = frontOf(i);
  countsToOffsets(offsets);
  const kept = { targets: sharedInt32(offsets[n]), similarities: sharedFloat32(offsets[n]) };
  for (let i = 0; i < n; i++) {
    const end = i * k + offsets[i + 1] - offsets[i];
    kept.targets.set(ids.subarray(i * k, end), offsets[i]);
    kept.similarities.set(similarities.subarray(i * k, end), offsets[i]);
  }
  return { kind: 'edges', n, offsets, ...kept };
}

/** Neighbours of instance i whose similarity is at least `floor`, of the first `limit`. */
export function countAbove({ k, ids, similarities }: KnnGraph, i: number, floor: number, limit = k): number {
  const everything = floor <= -1; // rounding puts some cosines a little below -1
  let count = 0;
  for (let e = i * k; count < limit && ids[e] >= 0; e++, count++) {
    if (!everything && !(similarities[e] >= floor)) break;
  }
  return count;
}
