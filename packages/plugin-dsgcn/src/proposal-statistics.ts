import {
  defineStage,
  expectClusters,
  groundTruth,
  problem,
  type ClusterProposals,
  type OptionsSchema,
  type Proposals,
  type Scorer,
  type Scores,
  type Services,
  type StageContext,
} from '@l2c/core';

export interface ProposalStatisticsOptions {
  minGood: number;
  maxBad: number;
}

const options: OptionsSchema<ProposalStatisticsOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    minGood: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.7,
      description: 'A proposal of a higher IoU is a good one.',
    },
    maxBad: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.3,
      description: 'A proposal of a lower IoU is a bad one.',
    },
  },
  required: ['minGood', 'maxBad'],
};

/** How proposals compare with the identities of their majorities. A proposal without known members counts with 0. */
export interface ProposalStatistics {
  readonly proposals: number;
  readonly meanSize: number;
  readonly largestSize: number;
  /** Means over proposals: |P and G| / |P or G|, |P and G| / |P|, |P and G| / |G|. */
  readonly iou: number;
  readonly iop: number;
  readonly iog: number;
  readonly good: number;
  readonly bad: number;
  /** Shares of the instances of known identity that are in some proposal, in a good one, in a bad one. */
  readonly coverage: number;
  readonly goodCoverage: number;
  readonly badCoverage: number;
  /** Share of the identities that are the majority of a good proposal. */
  readonly identityCoverage: number;
}

/** O(n + total size). Means and shares of nothing are 0. `truth` (n) may hold -1: unknown, counted nowhere. */
export function proposalStatistics(
  proposals: ClusterProposals,
  truth: Int32Array,
  { minGood, maxBad }: ProposalStatisticsOptions,
): ProposalStatistics {
  const { offsets, members } = proposals;
  const count = offsets.length - 1;
  const { proposals: ious } = groundTruth(proposals, truth, { target: 'iou', members: false });
  const { proposals: iops, members: inliers } = groundTruth(proposals, truth, { target: 'iop', members: true });
  const identities = new Map<number, number>();
  for (const name of truth) if (name !== -1) identities.set(name, (identities.get(name) ?? 0) + 1);
  const covered = new Uint8Array(truth.length); // 1: in a proposal, 2: in a good one, 4: in a bad one
  const found = new Set<number>();
  let [iou, iop, iog, good, bad, largest] = [0, 0, 0, 0, 0, 0];
  for (let p = 0; p < count; p++) {
    const [isGood, isBad] = [ious[p] > minGood, ious[p] < maxBad];
    const mark = 1 + (isGood ? 2 : 0) + (isBad ? 4 : 0);
    let [majority, inside] = [-1, 0];
    for (let m = offsets[p]; m < offsets[p + 1]; m++) {
      covered[members[m]] |= mark;
      if (inliers?.[m] !== 1) continue;
      majority = truth[members[m]];
      inside++;
    }
    iou += ious[p];
    iop += iops[p];
    iog += majority === -1 ? 0 : inside / identities.get(majority)!;
    good += isGood ? 1 : 0;
    bad += isBad ? 1 : 0;
    largest = Math.max(largest, offsets[p + 1] - offsets[p]);
    if (isGood) found.add(majority);
  }
  const known = truth.reduce((sum, name) => sum + (name === -1 ? 0 : 1), 0);
  const share = (bit: number): number =>
    ratio(
      covered.reduce((sum, mark, i) => sum + (truth[i] !== -1 && (mark & bit) !== 0 ? 1 : 0), 0),
      known,
    );
  return {
    proposals: count,
    meanSize: ratio(members.length, count),
    largestSize: largest,
    iou: ratio(iou, count),
    iop: ratio(iop, count),
    iog: ratio(iog, count),
    good,
    bad,
    coverage: share(1),
    goodCoverage: share(2),
    badCoverage: share(4),
    identityCoverage: ratio(found.size, identities.size),
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

class ProposalStatisticsScorer implements Scorer {
  constructor(
    private readonly options: ProposalStatisticsOptions,
    private readonly services: Services,
  ) {}

  score(proposals: Proposals, { truth }: StageContext, previousScores: Scores): Scores {
    if (truth === undefined) {
      throw problem('E_STAGE', 'proposal-statistics', 'the data has no labels', 'name a labels file under data');
    }
    const statistics = proposalStatistics(expectClusters(proposals, 'proposal-statistics'), truth, this.options);
    for (const [name, value] of Object.entries(statistics)) this.services.record(name, value);
    return previousScores;
  }
}

export const proposalStatisticsStage = defineStage({
  kind: 'scorer',
  type: 'proposal-statistics',
  proposals: 'clusters',
  truth: true,
  summary: 'Says how good the proposed sets are, by the true identities; scores stay as they are.',
  cost: 'O(n + total size)',
  reference: 'Yang et al., Learning to Cluster Faces on an Affinity Graph, CVPR 2019, sec. 3.2',
  options,
  create: (filled: ProposalStatisticsOptions, services) => new ProposalStatisticsScorer(filled, services),
});
