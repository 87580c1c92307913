import { toLabels, type Labels } from '../data/labels.js';
import type { EdgeProposals, Proposals } from '../data/proposals.js';
import type { Scores } from '../data/scores.js';
import { reportThreshold, thresholdOption, warnIfNoLink, type Threshold } from '../stages/threshold-option.js';
import { dynamicThreshold } from '../graph/dynamic-threshold.js';
import { undirectedPairs } from '../graph/undirected-pairs.js';
import { betweenSteps } from '../stages/between-steps.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { Deoverlapper } from '../stages/interfaces.js';
import type { Services } from '../stages/services.js';
import { stableComponents } from './connected-components.js';
import { expectEdges } from './expect-proposals.js';

export interface PropagationOptions {
  maxSize: number;
  step: number;
  pool: 'none' | 'avg' | 'max';
  maxIterations: number;
  threshold: Threshold;
}

/** What one run of {@link propagation} takes. */
export interface PropagationRun extends Omit<PropagationOptions, 'threshold'> {
  readonly threshold: number;
}

const options: OptionsSchema<PropagationOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    maxSize: { type: 'integer', minimum: 1, default: 600, description: 'Larger components are taken apart.' },
    step: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.05,
      description: 'How far the threshold moves towards 1 at each level: t becomes t + (1 - t) * step.',
    },
    pool: {
      type: 'string',
      enum: ['none', 'avg', 'max'],
      default: 'none',
      description: 'The score of a pair that both instances list: the last one listed, the average, or the larger.',
    },
    maxIterations: {
      type: 'integer',
      minimum: 1,
      maximum: 65535,
      default: 100,
      description: 'Levels after which what is still too large is kept as one cluster.',
    },
    threshold: thresholdOption(
      'Links scoring below are cut first. Without a scorer the score of a link is its cosine similarity.',
      -1,
    ),
  },
  required: ['maxSize', 'step', 'pool', 'maxIterations', 'threshold'],
};

export interface PropagationResult extends Labels {
  /** Instances that the last level left in one cluster, whatever its size. */
  readonly forced: number;
}

/**
 * Clusters by a threshold that rises where components are larger than `maxSize`: {@link dynamicThreshold} over the links
 * of at least `threshold`. An instance in no such link is a singleton. O(n + m log maxIterations).
 * Zhan et al., ECCV 2018, sec. 3.4; Wang et al., "Linkage Based Face Clustering via Graph Convolution Network", CVPR 2019.
 */
export function propagation(
  edges: EdgeProposals,
  scores: ArrayLike<number>,
  options: PropagationRun,
): PropagationResult {
  const merge = options.pool === 'none' ? 'last' : options.pool;
  const pairs = undirectedPairs(edges, scores, merge, options.threshold);
  const { components, forced } = dynamicThreshold(pairs, options);
  return { ...toLabels(components), forced };
}

class Propagation implements Deoverlapper {
  constructor(
    private readonly options: PropagationOptions,
    private readonly services: Services,
  ) {}

  deoverlap(proposals: Proposals, scores: Scores): Labels {
    const edges = expectEdges(proposals, 'propagation');
    const { threshold } = this.options;
    if (threshold !== 'auto') warnIfNoLink(threshold, scores.proposals, this.services.log);
    const { values, clusters, forced } = propagation(edges, scores.proposals, {
      ...this.options,
      threshold: threshold === 'auto' ? this.stableThreshold(edges, scores.proposals) : threshold,
    });
    this.services.record('forced', forced);
    if (forced > 0) {
      const { maxSize, maxIterations } = this.options;
      this.services.log.warn(
        `propagation: after ${maxIterations} levels ${forced} instances still hang together in groups of more than ` +
          `${maxSize}; they stay one cluster. Raise threshold or step to split them.`,
      );
    }
    return { values, clusters };
  }

  /** That of connected components: since this method takes large clusters apart, it calls much too low thresholds stable. */
  private stableThreshold(edges: EdgeProposals, scores: Float32Array): number {
    const found = stableComponents(edges, scores, { onPoint: betweenSteps(this.services, 'thresholds') });
    reportThreshold('threshold', found, this.services);
    return found.threshold;
  }
}

export const propagationStage = defineStage({
  kind: 'deoverlapper',
  type: 'propagation',
  proposals: 'edges',
  version: 5,
  summary: 'Clusters by a link threshold that rises where clusters are larger than maxSize.',
  cost: 'O(n + m log maxIterations) time, 40 bytes a link; with an automatic threshold O(n) more for each value tried',
  reference: 'Zhan et al., Consensus-Driven Propagation in Massive Unlabeled Data for Face Recognition, ECCV 2018',
  options,
  create: (filled: PropagationOptions, services) => new Propagation(filled, services),
});
