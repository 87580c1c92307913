import {
  betweenSteps,
  defineStage,
  distinctLinks,
  expectEdges,
  reportThreshold,
  scoreRange,
  stableThreshold,
  thresholdOption,
  toLabels,
  type Csr,
  type Deoverlapper,
  type EdgeProposals,
  type Labels,
  type OptionsSchema,
  type Proposals,
  type Scores,
  type Services,
  type Threshold,
} from '@l2c/core';
import { withinReach } from './equal-rows.js';

export interface DbscanOptions {
  maxDistance: Threshold;
  minPoints: number;
}

const options: OptionsSchema<DbscanOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    maxDistance: thresholdOption(
      'Links of a greater distance are cut; the distance is 1 - score, without a scorer 1 - cosine similarity.',
      'auto',
      { minimum: 0, maximum: 2 },
    ),
    minPoints: {
      type: 'integer',
      minimum: 1,
      default: 1,
      description: 'An instance is a core with so many instances within maxDistance, itself counted.',
    },
  },
  required: ['maxDistance', 'minPoints'],
};

/** What one run of {@link dbscan} takes. */
export interface DbscanRun {
  readonly maxDistance: number;
  readonly minPoints: number;
}

export interface DbscanResult extends Labels {
  /** Instances that no core reaches: each is a cluster of its own. */
  readonly noise: number;
}

/**
 * Clusters grow from core instances along their links. Instances are taken in order: an unclaimed core starts a cluster,
 * which claims whatever can be reached over cores; an instance that is no core is claimed by the first cluster that
 * reaches it, and nothing is reached through it. A link counts for the instance that lists it alone, so a graph of
 * nearest neighbours is followed as it points. Inclusive: a distance equal to `maxDistance` is within, and equal rows always are.
 *
 * `scores` are parallel to the links. O(n + m) time, 9 n bytes: cheap to sweep over `maxDistance`.
 * Ester et al., KDD 1996; border rule and count of scikit-learn.
 */
export function dbscan(edges: Csr, scores: Float32Array, options: DbscanRun): DbscanResult {
  const { n, offsets, targets } = edges;
  const maxDistance = withinReach(options.maxDistance);
  const isCore = coreInstances(edges, scores, { ...options, maxDistance });
  const claimed = new Int32Array(n).fill(-1);
  const stack = new Int32Array(n);
  let clusters = 0;
  let reached = 0;
  for (let seed = 0; seed < n; seed++) {
    if (claimed[seed] !== -1 || isCore[seed] === 0) continue;
    const cluster = clusters++;
    claimed[seed] = cluster;
    reached++;
    stack[0] = seed;
    for (let height = 1; height > 0;) {
      const i = stack[--height];
      for (let e = offsets[i]; e < offsets[i + 1]; e++) {
        const j = targets[e];
        if (claimed[j] !== -1 || !(1 - scores[e] <= maxDistance)) continue;
        claimed[j] = cluster;
        reached++;
        if (isCore[j] === 1) stack[height++] = j;
      }
    }
  }
  return { ...toLabels(claimed), noise: n - reached };
}

/** (n) 1 for each instance with `minPoints` instances within reach, itself included. */
function coreInstances({ n, offsets }: Csr, scores: Float32Array, options: DbscanRun): Uint8Array {
  const { maxDistance, minPoints } = options;
  const isCore = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    let points = 1;
    for (let e = offsets[i]; e < offsets[i + 1] && points < minPoints; e++) {
      if (1 - scores[e] <= maxDistance) points++;
    }
    if (points >= minPoints) isCore[i] = 1;
  }
  return isCore;
}

class Dbscan implements Deoverlapper {
  constructor(
    private readonly options: DbscanOptions,
    private readonly services: Services,
  ) {}

  deoverlap(proposals: Proposals, scores: Scores): Labels {
    const edges = expectEdges(proposals, 'dbscan');
    const { maxDistance, minPoints } = this.options;
    const distance = maxDistance === 'auto' ? this.stableDistance(edges, scores.proposals) : maxDistance;
    const { values, clusters, noise } = dbscan(edges, scores.proposals, { maxDistance: distance, minPoints });
    this.services.record('noise', noise);
    return { values, clusters };
  }

  private stableDistance(edges: EdgeProposals, edgeScores: Float32Array): number {
    const { minPoints } = this.options;
    const links = distinctLinks(edges, edgeScores);
    const { scores } = links;
    const partitionAt = (score: number): Int32Array =>
      dbscan(links, scores, { maxDistance: 1 - score, minPoints }).values;
    const [low, high] = scoreRange(scores);
    const found = stableThreshold(links.n, low, high, partitionAt, {
      scores,
      onPoint: betweenSteps(this.services, 'thresholds'),
    });
    reportThreshold('maxDistance', found, this.services, { shown: (score) => 1 - score });
    return 1 - found.threshold;
  }
}

export const dbscanStage = defineStage({
  kind: 'deoverlapper',
  type: 'dbscan',
  proposals: 'edges',
  version: 4,
  summary: 'Grows clusters from dense instances along their links; what none reaches is a singleton.',
  cost: 'O(n + m) time, 9 n bytes; with an automatic distance some 40 times that',
  reference: 'Ester et al., A Density-Based Algorithm for Discovering Clusters in Large Spatial Databases, KDD 1996',
  options,
  create: (filled: DbscanOptions, services) => new Dbscan(filled, services),
});
