import type { ClusterProposals } from '../data/proposals.js';

/**
 * Greedy non-maximum suppression of sets: (P) 1 where an earlier set that stayed overlaps by an IoU above `maxIou`, else 0.
 * Each instance keeps a list of the staying sets that hold it, so a set meets only those it shares members with;
 * never all pairs. Empty sets overlap nothing. O(n + P + total size + overlaps).
 */
export function suppressOverlaps(clusters: ClusterProposals, maxIou: number): Uint8Array {
  const { n, offsets, members } = clusters;
  const count = offsets.length - 1;
  const suppressed = new Uint8Array(count);
  const heads = new Int32Array(n).fill(-1); // per instance a linked list through `next`: entry e lies in set `owners[e]`
  const next = new Int32Array(members.length);
  const owners = new Int32Array(members.length);
  const shared = new Int32Array(count);
  const met = new Int32Array(count);
  for (let c = 0; c < count; c++) {
    const size = offsets[c + 1] - offsets[c];
    let meetings = 0;
    for (let e = offsets[c]; e < offsets[c + 1]; e++) {
      for (let entry = heads[members[e]]; entry !== -1; entry = next[entry]) {
        const better = owners[entry];
        if (shared[better]++ === 0) met[meetings++] = better;
      }
    }
    for (let m = 0; m < meetings; m++) {
      const better = met[m];
      const union = size + offsets[better + 1] - offsets[better] - shared[better];
      if (shared[better] / union > maxIou) suppressed[c] = 1;
      shared[better] = 0;
    }
    if (suppressed[c] === 1) continue;
    for (let e = offsets[c]; e < offsets[c + 1]; e++) {
      owners[e] = c;
      next[e] = heads[members[e]];
      heads[members[e]] = e;
    }
  }
  return suppressed;
}
