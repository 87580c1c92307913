import {
  defineStage,
  evenOffsets,
  problem,
  reportThreshold,
  stableThreshold,
  thresholdOption,
  undirectedPairs,
  type ClusterProposals,
  type Csr,
  type Features,
  type KnnGraph,
  type OptionProblem,
  type OptionsSchema,
  type ProposalGenerator,
  type Services,
  type Threshold,
} from '@l2c/core';
import { partsOf, withBridges } from './bridges.js';
import { clustersOf } from './clusters-of.js';
import { CompleteLinkage } from './complete-linkage.js';
import { equalRows, withinReach } from './equal-rows.js';
import { expectMemory } from './expect-memory.js';
import { mergeLinked } from './linked-merging.js';
import { cutMerges, firstsOf, type MergeLimits, type Merges } from './merges.js';
import { mergeNearest } from './nearest-merging.js';
import type { PairServices } from './pair-blocks.js';
import { squaredLengths } from './row-blocks.js';
import { singleLinkage, singleLinkageOfLinks } from './single-linkage.js';
import { SumsLinkage } from './sum-linkage.js';

export interface HacOptions {
  linkage: 'single' | 'complete' | 'average' | 'ward';
  source: 'features' | 'knn';
  maxDistance: Threshold;
  clusters: number;
}

const options: OptionsSchema<HacOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    linkage: {
      type: 'string',
      enum: ['single', 'complete', 'average', 'ward'],
      default: 'average',
      description:
        'How far apart two clusters are: their nearest or farthest members, all on average, or what their sum of squares would grow by.',
    },
    source: {
      type: 'string',
      enum: ['features', 'knn'],
      default: 'features',
      description: 'What may merge: any two clusters, or only those that the kNN graph links.',
    },
    maxDistance: thresholdOption(
      'Clusters farther apart do not merge, as 1 - cosine; a height h of scipy on unit vectors is h²/2. Not used with clusters.',
      'auto',
      { minimum: 0 },
    ),
    clusters: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Merges until so many are left, whatever their distance; 0 goes by maxDistance.',
    },
  },
  required: ['linkage', 'source', 'maxDistance', 'clusters'],
};

/** Bytes an instance that the lists of neighbours take, and the search that fills them. */
const listBytes = 1300;

/**
 * The hierarchy of all instances up to `limits`: {@link cutMerges} cuts it at any distance below. Exact for every linkage,
 * in O(n dim) memory; distances are 1 - cosine for single instances.
 *
 * @throws L2cError E_MEMORY, with a forecast, where that is more than is `free`
 */
export async function hacMerges(
  features: Features,
  linkage: HacOptions['linkage'],
  limits: MergeLimits,
  services: PairServices,
  free?: number,
): Promise<Merges> {
  const { n, dim } = features;
  const bytes = linkage === 'single' ? 60 * n : (linkage === 'complete' ? 0 : 4 * n * dim) + listBytes * n;
  expectMemory('hac', bytes, 'use source knn, which keeps no lists of its own, or a machine with more memory', free);
  switch (linkage) {
    case 'single':
      return singleLinkage(features, services);
    case 'complete':
      return mergeNearest(features, new CompleteLinkage(features, services), limits, services);
    case 'average':
    case 'ward':
      return mergeNearest(features, new SumsLinkage(features, linkage, services), limits, services);
  }
}

/**
 * The same where only clusters that the graph links may merge. A number of `clusters` below that of the graph's parts asks
 * for bridges between them: see {@link withBridges}.
 */
export async function hacMergesOfGraph(
  features: Features,
  knn: KnnGraph,
  linkage: Exclude<HacOptions['linkage'], 'complete'>,
  limits: MergeLimits,
  services: PairServices,
): Promise<Merges> {
  const graph: Csr = { n: knn.n, offsets: evenOffsets(knn.n, knn.k), targets: knn.ids };
  const pairs = undirectedPairs(graph, knn.similarities, 'max');
  const parts = partsOf(pairs);
  const links = limits.clusters === 0 ? pairs : await withBridges(features, pairs, parts, services);
  if (links === pairs && parts.count > limits.clusters && limits.clusters > 0) {
    throw problem(
      'E_STAGE',
      'hac.clusters',
      `${limits.clusters} clusters asked for, the kNN graph falls into ${parts.count} parts that no link connects`,
      'raise k of the knnBuilder, or use source features',
    );
  }
  if (linkage === 'single') return singleLinkageOfLinks(links);
  return mergeLinked(features, links, linkage, limits, services);
}

/** The distance of clusters whose members have nothing in common: merges beyond are of no use. */
const unrelated = 1;

const notUnit =
  'rows are not of unit length, so 1 - their product, by which all linkages but ward go, is no distance; set data.normalise: true';

class Hac implements ProposalGenerator {
  constructor(
    private readonly options: HacOptions,
    private readonly services: Services,
  ) {}

  async propose(features: Features, knn: KnnGraph | undefined): Promise<ClusterProposals> {
    const { linkage, source, clusters } = this.options;
    for (const { option, fact, wayOut } of optionProblems(this.options, features)) {
      throw problem('E_DATA', `hac.${option}`, fact, wayOut);
    }
    const given = clusters === 0 ? this.options.maxDistance : Infinity;
    const limits = { clusters, maxDistance: given === 'auto' ? unrelated : withinReach(given) };
    if (linkage !== 'ward' && !areUnit(features)) this.services.log.warn(`hac: ${notUnit}`);
    const merges =
      source === 'features' || linkage === 'complete'
        ? await hacMerges(features, linkage, limits, this.services)
        : await hacMergesOfGraph(features, graphOf(knn), linkage, limits, this.services);
    const labels = cutMerges(
      merges,
      given === 'auto' ? { clusters, maxDistance: this.stableDistance(merges) } : limits,
    );
    return clustersOf(labels.values, labels.clusters);
  }

  /** One hierarchy serves all distances: it is cut at each. Of equal rows, which are together at every one, the first is looked at. */
  private stableDistance(merges: Merges): number {
    const firsts = firstsOf(merges, equalRows);
    const partitionAt = (score: number): Int32Array => {
      const { values } = cutMerges(merges, { clusters: 0, maxDistance: 1 - score });
      return firsts.map((i) => values[i]);
    };
    const nearest = merges.distances.find((distance) => distance > equalRows) ?? merges.distances.at(0) ?? Infinity;
    // Rows that are not of unit length have other products than cosines.
    const highest = Math.min(1, 1 - nearest);
    const found = stableThreshold(firsts.length, 1 - unrelated, highest, partitionAt);
    const far = this.options.linkage === 'ward' ? 'with ward they go on far beyond' : 'some lie there';
    const weaker = `since distances beyond ${unrelated} are not tried, and ${far}; go on with numbers for maxDistance, or give clusters`;
    reportThreshold('maxDistance', found, this.services, { shown: (score) => 1 - score, weaker });
    return 1 - found.threshold;
  }
}

/** Whether rows are of unit length, but for rounding: half floats are rounded most. */
const areUnit = (features: Features): boolean =>
  squaredLengths(features).every((square) => Math.abs(square - 1) < 0.01);

function graphOf(knn: KnnGraph | undefined): KnnGraph {
  if (knn !== undefined) return knn;
  throw problem(
    'E_CONFIG',
    'hac.source',
    'knn needs a kNN graph',
    'add a knnBuilder to this round, or use source features',
  );
}

function* optionProblems({ linkage, source, clusters }: HacOptions, facts: { n: number }): Iterable<OptionProblem> {
  if (linkage === 'complete' && source === 'knn') {
    const fact = 'complete needs the distances of all pairs, a kNN graph holds few';
    yield { option: 'linkage', fact, wayOut: 'use source features, or another linkage' };
  }
  if (clusters > facts.n) {
    yield { option: 'clusters', fact: `${clusters} clusters of ${facts.n} instances`, wayOut: 'ask for fewer' };
  }
}

export const hacStage = defineStage({
  kind: 'proposalGenerator',
  type: 'hac',
  proposals: 'clusters',
  version: 4,
  summary: 'Merges the two nearest clusters until they are too far apart or few enough.',
  cost: 'O(n^2 dim) time and at most 4 n dim + 1300 n bytes over the features; on a kNN graph O(n k dim)',
  reference:
    'Ward, JASA 1963; Gower and Ross, Applied Statistics 1969; Mullner, Modern Hierarchical, Agglomerative Clustering Algorithms, 2011',
  options,
  check: optionProblems,
  knn: ({ source }: HacOptions) => source === 'knn',
  create: (filled: HacOptions, services) => new Hac(filled, services),
});
