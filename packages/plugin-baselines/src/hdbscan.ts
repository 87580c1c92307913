import {
  defineStage,
  problem,
  type ClusterProposals,
  type Features,
  type KnnGraph,
  type OptionProblem,
  type OptionsSchema,
  type ProposalGenerator,
  type Services,
} from '@l2c/core';
import { clustersOf } from './clusters-of.js';
import { selectClusters } from './density-selection.js';
import { densityTree } from './density-tree.js';
import type { Merges } from './merges.js';
import { reachabilityOfAll, reachabilityOfGraph } from './mutual-reachability.js';

export interface HdbscanOptions {
  minSize: number;
  minPoints: number;
  maxSize: number;
  maxDistance: number;
  selection: 'eom' | 'leaf';
  allowSingle: boolean;
  source: 'auto' | 'features' | 'knn';
}

const options: OptionsSchema<HdbscanOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    minSize: {
      type: 'integer',
      minimum: 2,
      default: 5,
      description: 'What splits off with fewer instances is noise, not a cluster.',
    },
    minPoints: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'An instance is as dense as its minPoints-th neighbour is near, itself counted; 0 takes minSize.',
    },
    maxSize: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'With eom, larger clusters are not taken; 0 takes any.',
    },
    maxDistance: {
      type: 'number',
      minimum: 0,
      maximum: 2,
      default: 0,
      description: 'Clusters that would split at a distance below this, as 1 - cosine, stay one.',
    },
    selection: {
      type: 'string',
      enum: ['eom', 'leaf'],
      default: 'eom',
      description: 'Which clusters of the tree to take: the most stable ones, or those that split no further.',
    },
    allowSingle: { type: 'boolean', default: false, description: 'Lets all instances be one cluster.' },
    source: {
      type: 'string',
      enum: ['auto', 'features', 'knn'],
      default: 'auto',
      description:
        'What is compared: all pairs, or those of the kNN graph; auto takes the graph above 50,000 instances if there is one.',
    },
  },
  required: ['minSize', 'minPoints', 'maxSize', 'maxDistance', 'selection', 'allowSingle', 'source'],
};

/** Instances up to which all pairs are compared on `auto`. */
const mostForAllPairs = 50_000;

/**
 * Cuts a hierarchy of mutual reachability where its clusters last longest; (n) labels, -1 = noise. Distances of the merges
 * are Euclidean, as scikit-learn's are. O(n).
 * Campello, Moulavi and Sander, "Density-Based Clustering Based on Hierarchical Density Estimates", PAKDD 2013.
 */
export function hdbscan(merges: Merges, options: Omit<HdbscanOptions, 'source' | 'minPoints'>): Int32Array {
  const { n } = merges;
  if (n < options.minSize) return new Int32Array(n).fill(-1);
  // All alike: no density tells them apart, and noise they are not.
  if (merges.distances.length === n - 1 && merges.distances[n - 2] === 0) return new Int32Array(n);
  const epsilon = Math.sqrt(2 * options.maxDistance);
  return selectClusters(densityTree(merges, options.minSize), { ...options, epsilon });
}

class Hdbscan implements ProposalGenerator {
  constructor(
    private readonly options: HdbscanOptions,
    private readonly services: Services,
  ) {}

  async propose(features: Features, knn: KnnGraph | undefined): Promise<ClusterProposals> {
    const { minSize, source } = this.options;
    const minPoints = this.options.minPoints === 0 ? minSize : this.options.minPoints;
    const { n } = features;
    let labels: Int32Array = new Int32Array(n).fill(-1);
    if (n < minPoints || n < minSize) {
      for (const { option, fact } of optionProblems(this.options, features))
        this.services.log.warn(`hdbscan.${option}: ${fact}: all are noise`);
    } else {
      const graph = source === 'knn' || (source === 'auto' && n > mostForAllPairs) ? knn : undefined;
      if (source === 'knn' && graph === undefined) {
        const wayOut = 'add a knnBuilder to this round, or use source features';
        throw problem('E_CONFIG', 'hdbscan.source', 'knn needs a kNN graph', wayOut);
      }
      this.services.log.debug(`hdbscan: compares ${graph === undefined ? 'all pairs' : 'the links of the kNN graph'}`);
      labels = hdbscan(await this.merges(features, graph, minPoints), this.options);
    }
    this.services.record('noise', labels.filter((label) => label === -1).length);
    return clusters(labels);
  }

  private async merges(features: Features, graph: KnnGraph | undefined, minPoints: number): Promise<Merges> {
    if (graph === undefined) return reachabilityOfAll(features, minPoints, this.services);
    if (graph.k < minPoints - 1) {
      throw problem(
        'E_STAGE',
        'hdbscan.minPoints',
        `${minPoints} instances, itself counted, need ${minPoints - 1} neighbours, the kNN graph holds ${graph.k}`,
        'raise k of the knnBuilder, lower minPoints, or use source features',
      );
    }
    return reachabilityOfGraph(features, graph, minPoints);
  }
}

function* optionProblems({ minSize, minPoints }: HdbscanOptions, { n }: { n: number }): Iterable<OptionProblem> {
  for (const [option, least] of Object.entries({ minSize, minPoints })) {
    if (least > n) yield { option, fact: `${least} instances of ${n}`, wayOut: `at most ${n}` };
  }
}

/** Clusters numbered by first appearance; noise is in none, and so ends as singletons. */
function clusters(labels: Int32Array): ClusterProposals {
  const names = new Map<number, number>();
  const renamed = labels.map((label) => {
    if (label === -1) return -1;
    if (!names.has(label)) names.set(label, names.size);
    return names.get(label)!;
  });
  return clustersOf(renamed, names.size);
}

export const hdbscanStage = defineStage({
  kind: 'proposalGenerator',
  type: 'hdbscan',
  proposals: 'clusters',
  summary: 'Finds the clusters that last longest while the density that holds them together rises.',
  cost: 'O(n^2 dim) time and O(n minPoints) memory; on a kNN graph O(n k)',
  reference:
    'Campello, Moulavi and Sander, Density-Based Clustering Based on Hierarchical Density Estimates, PAKDD 2013',
  options,
  check: optionProblems,
  knn: ({ source }: HdbscanOptions) => source === 'knn',
  create: (filled: HdbscanOptions, services) => new Hdbscan(filled, services),
});
