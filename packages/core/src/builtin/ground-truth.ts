import type { ClusterProposals, EdgeProposals, Proposals } from '../data/proposals.js';
import type { Scores } from '../data/scores.js';
import { sharedFloat32 } from '../data/shared-arrays.js';
import { problem } from '../errors.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { Scorer, StageContext } from '../stages/interfaces.js';
import { compactLabels } from './compact-labels.js';

export interface GroundTruthOptions {
  target: 'iou' | 'iop';
  members: boolean;
}

const options: OptionsSchema<GroundTruthOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    target: {
      type: 'string',
      enum: ['iou', 'iop'],
      default: 'iou',
      description:
        'What a set P scores against its majority identity G: iou is |P and G| / |P or G|, iop is |P and G| / |P|.',
    },
    members: {
      type: 'boolean',
      default: false,
      description: 'Also scores each member of a set: 1 where it is of the majority identity, else 0.',
    },
  },
  required: ['target', 'members'],
};

/**
 * The scores a perfect scorer would give. A link scores 1 where both ends are of one identity, else 0. A set scores its
 * IoU or IoP with its majority identity; of several the one that a member shows first. `truth` (n) may hold any integers;
 * -1 is unknown: such instances count neither in a set nor in an identity, match nobody, and a set of them scores 0.
 * O(n + m) or O(n + total size). Yang et al., CVPR 2019, sec. 3.3 and 3.4.
 */
export function groundTruth(
  proposals: Proposals,
  truth: Int32Array,
  options: GroundTruthOptions,
): Pick<Scores, 'proposals' | 'members'> {
  if (truth.length !== proposals.n) throw new RangeError(`${truth.length} identities for ${proposals.n} instances`);
  return proposals.kind === 'edges'
    ? { proposals: sameIdentity(proposals, truth) }
    : againstMajority(proposals, truth, options);
}

function sameIdentity(edges: EdgeProposals, truth: Int32Array): Float32Array {
  const { n, offsets, targets } = edges;
  const scores = sharedFloat32(targets.length);
  for (let i = 0; i < n; i++) {
    if (truth[i] === -1) continue;
    for (let e = offsets[i]; e < offsets[i + 1]; e++) scores[e] = truth[targets[e]] === truth[i] ? 1 : 0;
  }
  return scores;
}

function againstMajority(
  clusters: ClusterProposals,
  truth: Int32Array,
  options: GroundTruthOptions,
): Pick<Scores, 'proposals' | 'members'> {
  const { n, offsets, members } = clusters;
  const identities = compactLabels(truth);
  const identitySizes = new Int32Array(identities.count);
  for (let i = 0; i < n; i++) identitySizes[identities.values[i]]++;
  const inside = new Int32Array(identities.count);
  const scores = sharedFloat32(offsets.length - 1);
  const inliers = options.members ? sharedFloat32(members.length) : undefined;
  for (let p = 0; p < scores.length; p++) {
    let size = 0;
    for (let e = offsets[p]; e < offsets[p + 1]; e++) {
      if (truth[members[e]] === -1) continue;
      inside[identities.values[members[e]]]++;
      size++;
    }
    let majority = -1;
    let most = 0;
    for (let e = offsets[p]; e < offsets[p + 1]; e++) {
      const identity = identities.values[members[e]];
      if (inside[identity] <= most) continue; // an unknown member's count stays 0
      majority = identity;
      most = inside[identity];
    }
    if (majority !== -1) {
      scores[p] = most / (options.target === 'iop' ? size : size + identitySizes[majority] - most);
    }
    for (let e = offsets[p]; e < offsets[p + 1]; e++) {
      const identity = identities.values[members[e]];
      inside[identity] = 0;
      if (inliers !== undefined) inliers[e] = identity === majority ? 1 : 0;
    }
  }
  return inliers === undefined ? { proposals: scores } : { proposals: scores, members: inliers };
}

class GroundTruth implements Scorer {
  constructor(private readonly options: GroundTruthOptions) {}

  score(proposals: Proposals, context: StageContext, previousScores: Scores): Scores {
    if (context.truth === undefined) {
      throw problem(
        'E_STAGE',
        'ground-truth',
        'the data has no labels',
        'name a labels file under data, or another scorer',
      );
    }
    return { ...previousScores, ...groundTruth(proposals, context.truth, this.options) };
  }
}

export const groundTruthStage = defineStage({
  kind: 'scorer',
  type: 'ground-truth',
  proposals: 'either',
  truth: true,
  gives: ['members'],
  summary: 'Scores proposals by the true identities: the upper bound of what a scorer can reach.',
  cost: 'O(n + m) for links, O(n + total size) for sets',
  reference: 'Yang et al., Learning to Cluster Faces on an Affinity Graph, CVPR 2019, sec. 3.3 and 3.4',
  options,
  create: (filled: GroundTruthOptions) => new GroundTruth(filled),
});
