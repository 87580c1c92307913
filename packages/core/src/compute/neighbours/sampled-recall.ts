import type { Features } from '../../data/features.js';
import type { KnnGraph } from '../../data/knn-graph.js';
import type { Compute } from '../compute.js';
import { kernelKind } from '../kernels/memory.js';
import { BlockSearch, blockVectors } from './block-search.js';

/** Neighbours at least this similar may be of one identity: they are what clustering depends on. */
export const nearSimilarity = 0.4;

/** Instances whose exact neighbours are looked up. */
const defaultQueries = 200;

/** Rounding of float32 products: a neighbour this much farther than the k-th is as good. */
const tolerance = 1e-6;

/** Shares of the true neighbours that a search found: of those with a similarity of 0.4 or more, and of all k. */
export interface Recalls {
  readonly nearRecall: number;
  readonly recall: number;
}

export interface RecallServices {
  readonly compute: Compute;
  readonly signal?: AbortSignal | undefined;
}

/** Some instances and their exact neighbours, to choose and judge approximate searches by. */
export interface ExactSample {
  readonly k: number;
  /** (queries) int32. */
  readonly instances: Int32Array;
  /** (queries x k) int32, best first, ties to the lower id. */
  readonly ids: Int32Array;
  /** (queries x k) float32. */
  readonly similarities: Float32Array;
}

/**
 * The shares of the true k nearest neighbours that a graph lists, over instances at even steps, which are compared with all
 * others. What is as near as the true k-th counts, whichever of equals is listed. The graph's similarities must be exact.
 * O(queries n dim) time, 12 queries (k + 512) bytes; 1 for a graph without neighbours.
 */
export async function sampledRecalls(
  features: Features,
  knn: KnnGraph,
  services: RecallServices,
  queries = defaultQueries,
): Promise<Recalls> {
  const k = Math.min(knn.k, features.n - 1);
  if (features.n === 0 || k <= 0) return { nearRecall: 1, recall: 1 };
  const sample = await exactSample(features, k, services, queries);
  return recallsOf(sample, knn);
}

/** Both shares of a sample's neighbours that a graph lists; see {@link recallOf}. */
export function recallsOf(sample: ExactSample, knn: KnnGraph, take?: (query: number) => boolean): Recalls {
  return {
    nearRecall: recallOf(sample, knn, nearSimilarity, take),
    recall: recallOf(sample, knn, -Infinity, take),
  };
}

/** The exact k < n nearest of up to `queries` instances at even steps. O(queries n dim) time. */
export async function exactSample(
  features: Features,
  k: number,
  services: RecallServices,
  queries = defaultQueries,
): Promise<ExactSample> {
  const { n } = features;
  const count = Math.min(n, queries);
  const instances = Int32Array.from({ length: count }, (_, q) => Math.floor((q * n) / count));
  return exactNeighboursOf(instances, features, k, services);
}

/** The exact k < n nearest of some instances. O(instances n dim) time. */
export async function exactNeighboursOf(
  instances: Int32Array,
  features: Features,
  k: number,
  { compute, signal }: RecallServices,
): Promise<ExactSample> {
  const { n, dim } = features;
  const count = instances.length;
  const ids = new Int32Array(count * k);
  const similarities = new Float32Array(count * k);
  if (count === 0) return { k, instances, ids, similarities };
  const rows = new Float32Array(count * dim);
  instances.forEach((i, q) => rows.set(features.row(i), q * dim));
  const search = new BlockSearch(compute.engine === 'plain' ? 'plain' : kernelKind, compute, dim, count, k);
  search.begin(rows, count, instances);
  const block = new Float32Array(Math.min(n, blockVectors) * dim);
  for (let first = 0; first < n; first += blockVectors) {
    signal?.throwIfAborted();
    const end = Math.min(n, first + blockVectors);
    features.copyRows(first, end, block);
    await search.offer(block, end - first, first);
  }
  search.finish(ids, similarities);
  return { k, instances, ids, similarities };
}

/**
 * The share of a sample's neighbours of at least a similarity that a graph lists; 1 where there are none. Of equally near
 * ones it doesn't matter which are listed.
 *
 * @param take which queries of the sample count
 */
export function recallOf(
  sample: ExactSample,
  { k, ids, similarities }: KnnGraph,
  minSimilarity = -Infinity,
  take: (query: number) => boolean = () => true,
): number {
  let [found, all] = [0, 0];
  sample.instances.forEach((i, q) => {
    if (!take(q)) return;
    const row = sample.similarities.subarray(q * sample.k, (q + 1) * sample.k);
    const wanted = row.reduce((sum, similarity) => sum + (similarity >= minSimilarity ? 1 : 0), 0);
    if (wanted === 0) return;
    const least = row[wanted - 1] - tolerance;
    let listed = 0;
    for (let e = i * k; e < (i + 1) * k; e++) if (ids[e] >= 0 && similarities[e] >= least) listed++;
    found += Math.min(wanted, listed);
    all += wanted;
  });
  return all === 0 ? 1 : found / all;
}
