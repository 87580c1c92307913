import { toLabels, type Labels } from '../data/labels.js';
import type { ClusterProposals, Proposals } from '../data/proposals.js';
import type { Scores } from '../data/scores.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { Deoverlapper } from '../stages/interfaces.js';
import { expectClusters } from './expect-proposals.js';
import { rankClusters } from './rank-clusters.js';
import { suppressOverlaps } from './suppress-overlaps.js';

export interface NmsOptions {
  minScore: number;
  maxIou: number;
  minInlier: number;
  outliers: 'drop' | 'own';
}

const options: OptionsSchema<NmsOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    minScore: { type: 'number', default: -1, description: 'Proposals scoring below are dropped.' },
    maxIou: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 1,
      description: 'A proposal whose IoU with a better one is above this is dropped; 1 drops none.',
    },
    minInlier: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'Where a scorer rates members: those rated this or less are outliers of their proposal.',
    },
    outliers: {
      type: 'string',
      enum: ['drop', 'own'],
      default: 'drop',
      description: 'What becomes of outliers: drop leaves them to other proposals, own makes a last proposal of them.',
    },
  },
  required: ['minScore', 'maxIou', 'minInlier', 'outliers'],
};

/**
 * Gives each instance to its best proposal; ties go to the lower proposal index. Proposals are ranked by score; where
 * members are rated, each proposal is split into its inliers and, with `own`, a set of its outliers that ranks after all
 * inliers; then greedy suppression by IoU; what remains takes its instances in rank order. Instances in no remaining
 * proposal are singletons. O(n + P + total size) for maxIou 1, else also the overlaps with better proposals.
 * Yang et al., CVPR 2019, sec. 3.5.
 */
export function nms(proposals: ClusterProposals, scores: Scores, options: NmsOptions): Labels {
  const ranked = rankClusters(proposals, scores, options);
  const { offsets, members } = ranked;
  const suppressed = options.maxIou < 1 ? suppressOverlaps(ranked, options.maxIou) : undefined;
  const owners = new Int32Array(proposals.n).fill(-1);
  for (let c = 0; c + 1 < offsets.length; c++) {
    if (suppressed?.[c] === 1) continue;
    for (let e = offsets[c]; e < offsets[c + 1]; e++) {
      if (owners[members[e]] === -1) owners[members[e]] = c;
    }
  }
  return toLabels(owners);
}

class Nms implements Deoverlapper {
  constructor(private readonly options: NmsOptions) {}

  deoverlap(proposals: Proposals, scores: Scores): Labels {
    return nms(expectClusters(proposals, 'nms'), scores, this.options);
  }
}

export const nmsStage = defineStage({
  kind: 'deoverlapper',
  type: 'nms',
  proposals: 'clusters',
  summary: 'Gives each instance to its best proposal.',
  cost: 'O(n + P + total size), and with maxIou below 1 the overlaps with better proposals',
  reference: 'Yang et al., Learning to Cluster Faces on an Affinity Graph, CVPR 2019, sec. 3.5',
  options,
  create: (filled: NmsOptions) => new Nms(filled),
});
