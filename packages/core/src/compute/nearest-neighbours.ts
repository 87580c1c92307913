import type { Features } from '../data/features.js';
import type { KnnGraph } from '../data/knn-graph.js';
import { cellNeighbours, type CellSearchServices } from './cells/cell-neighbours.js';
import { exactNeighbours } from './neighbours/exact-neighbours.js';

/** Instances up to which comparing all pairs takes less time than cells, or hardly more; measured with k = 80. */
const fewInstances = 40_000;

/** The search that serves n instances best, of which a share `targetRecall` of the near neighbours is asked for. */
export function searchFor(n: number, targetRecall: number): 'exact' | 'ivf' {
  return n <= fewInstances || targetRecall === 1 ? 'exact' : 'ivf';
}

/**
 * The k nearest neighbours of each instance by inner product: exactly up to 40,000 instances, beyond that 99 % of those with
 * a similarity of 0.4 or more, and rows may end in -1. O(n² dim) time, then O(n^(5/3) dim).
 *
 * @throws L2cError E_MEMORY; the signal's reason, when it is aborted
 */
export async function nearestNeighbours(
  features: Features,
  k: number,
  services: CellSearchServices,
): Promise<KnnGraph> {
  const targetRecall = 0.99;
  if (searchFor(features.n, targetRecall) === 'exact') return exactNeighbours(features, k, services);
  const { graph } = await cellNeighbours(features, { k, targetRecall, cells: 0, probes: 0 }, services);
  return graph;
}
