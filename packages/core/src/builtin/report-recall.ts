import { sampledRecalls } from '../compute/neighbours/sampled-recall.js';
import type { Features } from '../data/features.js';
import type { KnnGraph } from '../data/knn-graph.js';
import type { Services } from '../stages/services.js';

/** The option `targetRecall` of builders that may miss neighbours. */
export const targetRecallProperty = {
  type: 'number',
  exclusiveMinimum: 0,
  maximum: 1,
  default: 0.99,
  description: 'Share of the true neighbours with a similarity of 0.4 or more that should be found.',
} as const;

/** Below this a user should hear of it. */
const modestRecall = 0.95;

/**
 * Measures on sampled instances how many of the true neighbours a builder found, records it and says it.
 *
 * @param what found them: `faiss: HNSW32`
 */
export async function reportRecall(
  features: Features,
  knn: KnnGraph,
  services: Services,
  what: string,
  wayOut: string,
): Promise<void> {
  const { nearRecall, recall } = await sampledRecalls(features, knn, services);
  services.record('nearRecall', nearRecall);
  services.record('recall', recall);
  const line = recallLine(what, nearRecall, recall, knn.k);
  if (recall < modestRecall) services.log.warn(`${line}; ${wayOut}`);
  else services.log.info(line);
}

/** What a search found, in words. */
export function recallLine(what: string, nearRecall: number, recall: number, k: number): string {
  return `${what} finds ${percent(nearRecall)} of the near neighbours, ${percent(recall)} of all ${k}`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
