import {
  defineStage,
  expectEdges,
  sharedFloat32,
  type EdgeProposals,
  type KnnGraph,
  type OptionsSchema,
  type Proposals,
  type Scorer,
  type Scores,
  type Services,
  type StageContext,
} from '@l2c/core';
import { committeeMembers, committeeProblems, committeeProperties, type CommitteeOptions } from './committee.js';

export interface CommitteeVoteOptions extends CommitteeOptions {
  votes: number;
}

const options: OptionsSchema<CommitteeVoteOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...committeeProperties,
    votes: {
      type: 'integer',
      minimum: 0,
      default: 1,
      description: 'A link is accepted by so many members of the committee at least.',
    },
  },
  required: ['committee', 'dim', 'k', 'votes'],
};

/** The score of a link that the committee does not accept: below every cosine similarity. */
export const rejected = -2;

/**
 * (m) float32 parallel to `edges`: the score of a link that at least `votes` members accept, {@link rejected} for others. A member
 * accepts a link from i to j where j is among the neighbours it lists for i. O(members (n k + m)) time, 4 n bytes besides the graphs.
 * Zhan et al., "Consensus-Driven Propagation in Massive Unlabeled Data for Face Recognition", ECCV 2018, sec. 3.2.
 */
export function committeeVote(
  edges: EdgeProposals,
  scores: ArrayLike<number>,
  committee: readonly KnnGraph[],
  votes: number,
): Float32Array<SharedArrayBuffer> {
  const { n, offsets, targets } = edges;
  const accepted = new Uint16Array(targets.length);
  const listedBy = new Int32Array(n);
  for (const { k, ids } of committee) {
    listedBy.fill(-1);
    for (let i = 0; i < n; i++) {
      for (let e = i * k; e < (i + 1) * k; e++) if (ids[e] >= 0) listedBy[ids[e]] = i;
      for (let e = offsets[i]; e < offsets[i + 1]; e++) if (listedBy[targets[e]] === i) accepted[e] = accepted[e] + 1;
    }
  }
  const kept = sharedFloat32(targets.length);
  for (let e = 0; e < kept.length; e++) kept[e] = accepted[e] >= votes ? scores[e] : rejected;
  return kept;
}

class CommitteeVote implements Scorer {
  constructor(
    private readonly options: CommitteeVoteOptions,
    private readonly services: Services,
  ) {}

  async score(proposals: Proposals, { rows }: StageContext, previousScores: Scores): Promise<Scores> {
    const edges = expectEdges(proposals, 'committee-vote');
    if (edges.targets.length === 0) return previousScores;
    const graphs: KnnGraph[] = [];
    for await (const { knn } of committeeMembers(this.options, edges.n, rows, this.services)) graphs.push(knn);
    const scores = committeeVote(edges, previousScores.proposals, graphs, this.options.votes);
    this.services.record('accepted', scores.reduce((sum, score) => sum + (score === rejected ? 0 : 1), 0)); // prettier-ignore
    return { ...previousScores, proposals: scores };
  }
}

export const committeeVoteStage = defineStage({
  kind: 'scorer',
  type: 'committee-vote',
  proposals: 'edges',
  summary: 'Keeps the links that enough other networks agree with.',
  cost: 'an exact kNN search for each file of the committee, then O(n k + m) each',
  reference:
    'Zhan et al., Consensus-Driven Propagation in Massive Unlabeled Data for Face Recognition, ECCV 2018, sec. 3.2',
  options,
  check: async (filled: CommitteeVoteOptions, facts) => {
    const { committee, votes } = filled;
    const problems = await committeeProblems(filled, facts);
    if (votes > committee.length) {
      const fact = `${votes} votes of a committee of ${committee.length}`;
      problems.push({ option: 'votes', fact, wayOut: 'ask for fewer, or give more files' });
    }
    return problems;
  },
  create: (filled: CommitteeVoteOptions, services: Services) => new CommitteeVote(filled, services),
});
