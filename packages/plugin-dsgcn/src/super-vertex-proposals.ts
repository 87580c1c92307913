import {
  evenOffsets,
  toLabels,
  truncateKnnGraph,
  type ClusterProposals,
  type Csr,
  type Features,
  type KnnGraph,
  type Services,
} from '@l2c/core';
import { CentreNeighbours, groupCentres } from './group-centres.js';
import { groupsOf, ProposalCollector } from './proposal-collector.js';
import { superVertices, type SuperVertexSettings } from './super-vertices.js';

/** Groups of super vertices: a second level over the groups of the first. */
export interface GroupingOptions {
  k: number;
  threshold: number;
  step: number;
  minSize: number;
  maxSize: number;
  minVertices: number;
  maxVertices: number;
}

export interface SuperVertexOptions {
  k: number[];
  threshold: number[];
  step: number;
  minSize: number;
  maxSize: number;
  maxIterations: number;
  keepBase: boolean;
  baseOnly: number[];
  iterations: GroupingOptions[];
}

export interface SuperVertexResult {
  readonly proposals: ClusterProposals;
  /** Sets that several settings found: they are among the proposals once. */
  readonly repeated: number;
  /** Instances, over all settings, that were left in too large a group. */
  readonly forced: number;
}

/**
 * Proposes the super vertices of every pairing of `k` and `threshold`, and sets of neighbouring super vertices for each
 * member of `iterations`, as far as their sizes are within the limits. A set that is found again is not proposed again.
 * O(n k) time a setting; with iterations the neighbours among the g groups cost O(g² dim) for each pairing, above 40,000 groups O(g sqrt(g) dim).
 * Yang et al., CVPR 2019, sec. 3.2.
 */
export async function superVertexProposals(
  features: Features,
  knn: KnnGraph,
  options: SuperVertexOptions,
  services: Pick<Services, 'compute' | 'progress' | 'signal' | 'random'>,
): Promise<SuperVertexResult> {
  const { signal, progress } = services;
  const { threshold: thresholds, minSize, keepBase, baseOnly, iterations } = options;
  const collector = new ProposalCollector();
  const ks = options.k.length === 0 ? [knn.k] : options.k;
  const total = ks.length * thresholds.length;
  let [forced, done] = [0, 0];
  for (const k of ks) {
    const { n, k: width, ids, similarities } = truncateKnnGraph(knn, k);
    const links = { n, offsets: evenOffsets(n, width), targets: ids };
    for (const threshold of thresholds) {
      signal.throwIfAborted();
      const base = superVertices(links, similarities, settingsOf(options, threshold));
      forced += base.forced;
      if (keepBase && !baseOnly.includes(threshold)) {
        collector.addGroups(groupsOf(base.components, base.count), (_, size) => size >= minSize);
      }
      if (iterations.length > 0) {
        forced += await groupSuperVertices(features, base.components, options, collector, services);
      }
      progress.update(++done, total, 'thresholds');
    }
  }
  return { proposals: collector.proposals(knn.n), repeated: collector.repeated, forced };
}

/** The second level. Every instance counts: what has no link at the first level is a super vertex of its own. */
async function groupSuperVertices(
  features: Features,
  components: Int32Array,
  { iterations, maxIterations }: SuperVertexOptions,
  collector: ProposalCollector,
  services: Pick<Services, 'compute' | 'progress' | 'signal' | 'random'>,
): Promise<number> {
  const vertices = toLabels(components);
  const centres = groupCentres(features, groupsOf(vertices.values, vertices.clusters));
  const most = iterations.reduce((k, iteration) => Math.max(k, iteration.k), 0);
  const quiet = { update: (): void => undefined };
  const near = await CentreNeighbours.find(centres, most, { ...services, progress: quiet });
  let forced = 0;
  for (const { k, maxVertices, minVertices, minSize, maxSize, ...rest } of iterations) {
    services.signal.throwIfAborted();
    const links = near.links(k);
    const settings = { ...rest, maxSize: maxVertices, maxIterations };
    const found = superVertices(links, links.similarities, settings);
    forced += found.forced;
    const sizes = sizesOf(groupsOf(found.components, found.count));
    const groups = groupsOf(
      vertices.values.map((vertex) => found.components[vertex]),
      found.count,
    );
    collector.addGroups(groups, (g, size) => sizes[g] >= minVertices && size >= minSize && size <= maxSize);
  }
  return forced;
}

function settingsOf({ step, maxSize, maxIterations }: SuperVertexOptions, threshold: number): SuperVertexSettings {
  return { threshold, step, maxSize, maxIterations };
}

function sizesOf({ n, offsets }: Csr): Int32Array {
  return Int32Array.from({ length: n }, (_, g) => offsets[g + 1] - offsets[g]);
}
