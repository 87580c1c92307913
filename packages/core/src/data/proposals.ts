/** Candidate links between instances, CSR by source instance. */
export interface EdgeProposals {
  readonly kind: 'edges';
  /** Number of instances. */
  readonly n: number;
  /** (n + 1) int32: the links of instance i are offsets[i] .. offsets[i + 1]. */
  readonly offsets: Int32Array;
  /** (m) int32 target instances, never the source itself and never -1. */
  readonly targets: Int32Array;
  /** (m) float32 cosine similarities; within a source best first. */
  readonly similarities: Float32Array;
}

/** Candidate sets of instances, which may overlap, CSR by proposal. */
export interface ClusterProposals {
  readonly kind: 'clusters';
  /** Number of instances. */
  readonly n: number;
  /** (P + 1) int32: the members of proposal p are offsets[p] .. offsets[p + 1]. */
  readonly offsets: Int32Array;
  /** int32 instances, each at most once per proposal. */
  readonly members: Int32Array;
}

export type Proposals = EdgeProposals | ClusterProposals;
export type ProposalKind = Proposals['kind'];

/** How many there are to score: links, or sets. */
export function proposalCount(proposals: Proposals): number {
  return proposals.kind === 'edges' ? proposals.targets.length : proposals.offsets.length - 1;
}

/** Throws a RangeError that names the first broken invariant. O(total size). */
export function assertProposals(proposals: Proposals): void {
  const { n, offsets } = proposals;
  const list = proposals.kind === 'edges' ? proposals.targets : proposals.members;
  if (proposals.kind === 'edges') {
    if (offsets.length !== n + 1) throw new RangeError(`edge offsets: ${offsets.length} entries for ${n} instances`);
    if (proposals.similarities.length !== list.length)
      throw new RangeError('edges: targets and similarities differ in length');
  }
  if (offsets[0] !== 0 || offsets[offsets.length - 1] !== list.length)
    throw new RangeError('offsets do not span the list');
  const last = proposals.kind === 'clusters' ? new Int32Array(n).fill(-1) : undefined;
  for (let p = 0; p + 1 < offsets.length; p++) {
    if (offsets[p + 1] < offsets[p]) throw new RangeError(`offsets fall at ${p}`);
    for (let e = offsets[p]; e < offsets[p + 1]; e++) {
      const j = list[e];
      if (j < 0 || j >= n) throw new RangeError(`proposals ${p}: instance ${j} is out of range`);
      if (last === undefined) {
        if (j === p) throw new RangeError(`edges: instance ${p} links to itself`);
      } else {
        if (last[j] === p) throw new RangeError(`cluster ${p} lists instance ${j} twice`);
        last[j] = p;
      }
    }
  }
}
