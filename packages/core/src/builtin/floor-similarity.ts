import type { JSONSchemaType } from 'ajv';
import type { KnnGraph } from '../data/knn-graph.js';
import { distinctLinks } from '../graph/copies.js';
import { nearOrder } from '../graph/near-order.js';
import { betweenSteps } from '../stages/between-steps.js';
import type { Services } from '../stages/services.js';
import { reportThreshold, thresholdOption, type Threshold } from '../stages/threshold-option.js';
import { rowsOfEdges } from './infomap-network.js';
import { stableInfomap } from './infomap-sweep.js';
import { knnEdges } from './knn-edges.js';

/** Schema of the option that lets an instance stay alone, in generators that only compare the neighbours of an instance with each other. */
export function floorOption(): JSONSchemaType<Threshold> {
  return thresholdOption(
    'Links of a lower cosine similarity are left out, so that an instance without a near one stays alone; -1 leaves out none.',
    -1,
    { minimum: -1, maximum: 1 },
  );
}

/** The least similarity of a link: the one given, or the one at which the clusters of all links change least. */
export async function floorOf(floor: Threshold, knn: KnnGraph, services: Services): Promise<number> {
  if (floor !== 'auto') return floor;
  const edges = knnEdges(knn, { k: 0, minSimilarity: -1, mutual: false });
  const links = distinctLinks(edges, edges.similarities);
  const rows = rowsOfEdges(links, links.scores, 'max', nearOrder(links));
  const { threads } = services.compute;
  const sweep = { rows, weight: 'excess', seed: 1, threads, onPoint: betweenSteps(services, 'thresholds') } as const;
  const found = await stableInfomap(links.scores, sweep);
  reportThreshold('minSimilarity', found, services);
  return found.threshold;
}
