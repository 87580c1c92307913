import type { SearchServices } from '../compute/neighbours/exact-neighbours.js';
import type { Features } from '../data/features.js';
import type { Labels } from '../data/labels.js';
import { spanningForest, type Forest } from '../graph/spanning-forest.js';
import { cohesionOf, type Cohesion } from './cluster-cohesion.js';
import { clusterNeighbours, type ClusterNeighbours } from './cluster-neighbours.js';
import { splitsOf, type Split } from './cluster-splits.js';
import type { DecidingLinks } from './deciding-links.js';

/** How well clusters hold together, and which are doubtful, without labels. */
export interface ClusterAnalysis {
  readonly cohesion: Cohesion;
  readonly neighbours: ClusterNeighbours;
  /** Of the best links; absent where the pipeline has no links. */
  readonly forest: Forest | undefined;
  /** Clusters that fall apart, most different parts first. */
  readonly splits: readonly Split[];
}

/** Of unit rows. O(n dim + m), and O(clusters² dim) for at most 50,000 clusters. */
export async function analyseClusters(
  features: Features,
  labels: Labels,
  links: DecidingLinks | undefined,
  services: SearchServices,
): Promise<ClusterAnalysis> {
  const cohesion = cohesionOf(features, labels);
  const neighbours = await clusterNeighbours(cohesion, services);
  services.signal?.throwIfAborted();
  if (links === undefined) return { cohesion, neighbours, forest: undefined, splits: [] };
  const forest = spanningForest(links, links.scores, labels.values);
  const splits = splitsOf(features, labels, cohesion.sizes, forest, links.scores);
  return { cohesion, neighbours, forest, splits };
}
