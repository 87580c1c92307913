import { countsToOffsets, sharedInt32, type ClusterProposals } from '@l2c/core';

/** Groups instances by label: cluster c holds those of label c, ascending. A label of -1 is in none. O(n + clusters). */
export function clustersOf(labels: Int32Array, clusters: number): ClusterProposals {
  const n = labels.length;
  const offsets = sharedInt32(clusters + 1);
  for (let i = 0; i < n; i++) if (labels[i] >= 0) offsets[labels[i] + 1]++;
  countsToOffsets(offsets);
  const cursor = offsets.slice(0, clusters);
  const members = sharedInt32(offsets[clusters]);
  for (let i = 0; i < n; i++) if (labels[i] >= 0) members[cursor[labels[i]]++] = i;
  return { kind: 'clusters', n, offsets, members };
}
