import { toLabels, type Labels } from '../data/labels.js';
import type { EdgeProposals, Proposals } from '../data/proposals.js';
import type { Scores } from '../data/scores.js';
import { distinctLinks } from '../graph/copies.js';
import type { Csr } from '../graph/csr.js';
import { descendingOrder } from '../graph/descending-order.js';
import { scoreRange, stableThreshold, type StabilityOptions, type StableThreshold } from '../graph/stability.js';
import { UnionFind } from '../graph/union-find.js';
import { betweenSteps } from '../stages/between-steps.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { Deoverlapper } from '../stages/interfaces.js';
import type { Services } from '../stages/services.js';
import { reportThreshold, thresholdOption, warnIfNoLink, type Threshold } from '../stages/threshold-option.js';
import { expectEdges } from './expect-proposals.js';

export interface ConnectedComponentsOptions {
  threshold: Threshold;
}

const options: OptionsSchema<ConnectedComponentsOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    threshold: thresholdOption(
      'Links scoring below are cut. Without a scorer the score of a link is its cosine similarity.',
      -1,
    ),
  },
  required: ['threshold'],
};

/** Joins what the links of at least `threshold` connect, whichever way they point. O(n + m), 8 n bytes. */
export function connectedComponents(edges: EdgeProposals, scores: Float32Array, threshold: number): Labels {
  const { n, offsets, targets } = edges;
  const sets = new UnionFind(n);
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      if (scores[e] >= threshold) sets.union(i, targets[e]);
    }
  }
  return toLabels(sets.roots());
}

/**
 * The stable threshold of connected components, copies of instances taken as one: links are joined once each, from the best down. O(m + n)
 * and O(n) a threshold.
 */
export function stableComponents(
  edges: Csr & { readonly similarities: Float32Array },
  edgeScores: Float32Array,
  sweep: StabilityOptions = {},
): StableThreshold {
  const { n, offsets, targets, scores } = distinctLinks(edges, edgeScores);
  const sources = new Int32Array(targets.length);
  for (let i = 0; i < n; i++) sources.fill(i, offsets[i], offsets[i + 1]);
  const order = descendingOrder(scores);
  const sets = new UnionFind(n);
  let next = 0;
  const partitionAt = (threshold: number): Int32Array => {
    for (; next < order.length && scores[order[next]] >= threshold; next++) {
      sets.union(sources[order[next]], targets[order[next]]);
    }
    return sets.roots();
  };
  const [low, high] = scoreRange(scores);
  return stableThreshold(n, low, high, partitionAt, { scores, ...sweep });
}

class ConnectedComponents implements Deoverlapper {
  constructor(
    private readonly options: ConnectedComponentsOptions,
    private readonly services: Services,
  ) {}

  deoverlap(proposals: Proposals, scores: Scores): Labels {
    const edges = expectEdges(proposals, 'connected-components');
    const { threshold } = this.options;
    if (threshold !== 'auto') {
      warnIfNoLink(threshold, scores.proposals, this.services.log);
      return connectedComponents(edges, scores.proposals, threshold);
    }
    const found = stableComponents(edges, scores.proposals, { onPoint: betweenSteps(this.services, 'thresholds') });
    reportThreshold('threshold', found, this.services);
    return connectedComponents(edges, scores.proposals, found.threshold);
  }
}

export const connectedComponentsStage = defineStage({
  kind: 'deoverlapper',
  type: 'connected-components',
  proposals: 'edges',
  version: 4,
  summary: 'Makes one cluster of all that links of at least a threshold connect.',
  cost: 'O(n + m) time, 8 n bytes; with an automatic threshold O(n) more for each value tried, and 28 bytes a link, 36 where faces are copies of others',
  options,
  create: (filled: ConnectedComponentsOptions, services: Services) => new ConnectedComponents(filled, services),
});
