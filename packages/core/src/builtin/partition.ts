import { toLabels, type Labels } from '../data/labels.js';
import type { ClusterProposals, Proposals } from '../data/proposals.js';
import { problem } from '../errors.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { Deoverlapper } from '../stages/interfaces.js';
import { expectClusters } from './expect-proposals.js';

export type PartitionOptions = Record<never, never>;

const options: OptionsSchema<PartitionOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {},
  required: [],
};

/**
 * Takes sets that don't overlap as the clusters they are; instances in none are singletons. Scores don't matter.
 * Sets that share an instance are refused (E_STAGE names it), for picking one in silence would hide a mistake. O(n + total size).
 */
export function partition(clusters: ClusterProposals): Labels {
  const { n, offsets, members } = clusters;
  const claimed = new Int32Array(n).fill(-1);
  for (let p = 0; p + 1 < offsets.length; p++) {
    for (let e = offsets[p]; e < offsets[p + 1]; e++) {
      const i = members[e];
      if (claimed[i] !== -1) {
        throw problem(
          'E_STAGE',
          'partition',
          `instance ${i} is in proposals ${claimed[i]} and ${p}, a partition holds it once`,
          'use the deoverlapper nms, which gives each instance to its best proposal',
        );
      }
      claimed[i] = p;
    }
  }
  return toLabels(claimed);
}

class Partition implements Deoverlapper {
  deoverlap(proposals: Proposals): Labels {
    return partition(expectClusters(proposals, 'partition'));
  }
}

export const partitionStage = defineStage({
  kind: 'deoverlapper',
  type: 'partition',
  proposals: 'clusters',
  summary: 'Takes sets that do not overlap as the clusters they are.',
  cost: 'O(n + total size)',
  options,
  create: () => new Partition(),
});
