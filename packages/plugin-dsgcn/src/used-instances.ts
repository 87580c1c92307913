import type { ClusterProposals } from '@l2c/core';

/** The instances that some proposals hold. */
export interface UsedInstances {
  /** Ascending. */
  readonly instances: Int32Array;
  /** (n) where an instance is among them; -1 = no proposal holds it. */
  readonly places: Int32Array;
}

/** The instances in any of the proposals `isWanted` says yes to. O(n + total size). */
export function usedInstances(
  { n, offsets, members }: ClusterProposals,
  isWanted: (proposal: number) => boolean = () => true,
): UsedInstances {
  const places = new Int32Array(n).fill(-1);
  for (let p = 0; p + 1 < offsets.length; p++) {
    if (!isWanted(p)) continue;
    for (let m = offsets[p]; m < offsets[p + 1]; m++) places[members[m]] = 0;
  }
  let count = 0;
  for (let i = 0; i < n; i++) if (places[i] === 0) places[i] = count++;
  const instances = new Int32Array(count);
  for (let i = 0; i < n; i++) if (places[i] !== -1) instances[places[i]] = i;
  return { instances, places };
}
