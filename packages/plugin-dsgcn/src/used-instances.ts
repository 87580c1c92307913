import { usedRows, type ClusterProposals, type UsedRows } from '@l2c/core';

/** The instances in any of the proposals `isWanted` says yes to. O(n + total size). */
export function usedInstances(
  { n, offsets, members }: ClusterProposals,
  isWanted: (proposal: number) => boolean = () => true,
): UsedRows {
  function* wanted() {
    for (let p = 0; p + 1 < offsets.length; p++) if (isWanted(p)) yield members.subarray(offsets[p], offsets[p + 1]);
  }
  return usedRows(n, wanted());
}
