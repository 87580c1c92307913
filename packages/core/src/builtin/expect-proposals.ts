import type { ClusterProposals, EdgeProposals, Proposals } from '../data/proposals.js';

/** The pipeline has matched the kinds before it runs, so a mismatch here is a bug: a RangeError. */
export function expectEdges(proposals: Proposals, stage: string): EdgeProposals {
  if (proposals.kind !== 'edges') throw new RangeError(`${stage} takes edges, got ${proposals.kind}`);
  return proposals;
}

export function expectClusters(proposals: Proposals, stage: string): ClusterProposals {
  if (proposals.kind !== 'clusters') throw new RangeError(`${stage} takes clusters, got ${proposals.kind}`);
  return proposals;
}
