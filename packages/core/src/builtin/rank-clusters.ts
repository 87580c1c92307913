import type { ClusterProposals } from '../data/proposals.js';
import type { Scores } from '../data/scores.js';
import { descendingOrder } from '../graph/descending-order.js';

/**
 * The proposals of at least `minScore` in falling order of score, ties by index, NaN left out. Where members are rated,
 * only those rated above `minInlier` stay; with `own` the others follow, after all inliers, as one set per proposal.
 * A set may come out empty. O(P + total size).
 */
export function rankClusters(
  proposals: ClusterProposals,
  scores: Pick<Scores, 'proposals' | 'members'>,
  options: { readonly minScore: number; readonly minInlier: number; readonly outliers: 'drop' | 'own' },
): ClusterProposals {
  const { minInlier } = options;
  const order = descendingOrder(scores.proposals).filter((p) => scores.proposals[p] >= options.minScore);
  const ratings = scores.members;
  const passes = ratings !== undefined && options.outliers === 'own' ? 2 : 1;
  const offsets = new Int32Array(order.length * passes + 1);
  const members = new Int32Array(order.reduce((sum, p) => sum + proposals.offsets[p + 1] - proposals.offsets[p], 0));
  let at = 0;
  let sets = 0;
  for (let pass = 0; pass < passes; pass++) {
    const wanted = pass === 0;
    for (const p of order) {
      for (let e = proposals.offsets[p]; e < proposals.offsets[p + 1]; e++) {
        if (ratings === undefined || ratings[e] > minInlier === wanted) members[at++] = proposals.members[e];
      }
      offsets[++sets] = at;
    }
  }
  return { kind: 'clusters', n: proposals.n, offsets, members: members.subarray(0, at) };
}
