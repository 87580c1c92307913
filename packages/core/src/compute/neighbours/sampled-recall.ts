import type { Features } from '../../data/features.js';
import type { KnnGraph } from '../../data/knn-graph.js';
import type { Compute } from '../compute.js';

/** Instances whose exact neighbours are looked up, and rows that are multiplied with them at a time. */
const defaultQueries = 200;
const blockRows = 2048;

/** Rounding of float32 products: a neighbour this much farther than the k-th is as good. */
const tolerance = 1e-6;

export interface RecallServices {
  readonly compute: Compute;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The share of the true k nearest neighbours that a graph lists, over instances at even steps, which are compared with all
 * others. What is as near as the true k-th counts, whichever of equals is listed. The graph's similarities must be exact.
 * O(queries n dim) time, 4 queries (k + 4096) bytes; 1 for a graph without neighbours.
 */
export async function sampledRecall(
  features: Features,
  knn: KnnGraph,
  { compute, signal }: RecallServices,
  queries = defaultQueries,
): Promise<number> {
  const { n, dim } = features;
  const { k, ids, similarities } = knn;
  const count = Math.min(n, queries);
  const wanted = Math.min(k, n - 1);
  if (count === 0 || wanted <= 0) return 1;
  const sample = Int32Array.from({ length: count }, (_, q) => Math.floor((q * n) / count));
  const rows = new Float32Array(count * dim);
  sample.forEach((i, q) => rows.set(features.row(i), q * dim));
  const best = await exactBest(features, sample, rows, wanted, compute, signal);
  let found = 0;
  sample.forEach((i, q) => {
    const least = best[q] - tolerance;
    let listed = 0;
    for (let e = i * k; e < (i + 1) * k; e++) if (ids[e] >= 0 && similarities[e] >= least) listed++;
    found += Math.min(wanted, listed);
  });
  return found / (count * wanted);
}

/** The similarity of each query to its k-th nearest, itself not counted. */
async function exactBest(
  features: Features,
  sample: Int32Array,
  queries: Float32Array,
  k: number,
  compute: Compute,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const { n, dim } = features;
  const count = sample.length;
  const room = k + blockRows;
  const kept = new Float32Array(count * room);
  const lengths = new Int32Array(count);
  const bounds = new Float32Array(count).fill(-Infinity);
  const block = new Float32Array(blockRows * dim);
  const products = new Float32Array(count * blockRows);
  for (let first = 0; first < n; first += blockRows) {
    signal?.throwIfAborted();
    const m = Math.min(blockRows, n - first);
    features.copyRows(first, first + m, block);
    await compute.gemmTransposed(queries, count, block, m, dim, products);
    for (let q = 0; q < count; q++) {
      const own = kept.subarray(q * room, (q + 1) * room);
      let length = lengths[q];
      for (let j = 0; j < m; j++) {
        const product = products[q * m + j];
        if (product > bounds[q] && first + j !== sample[q]) own[length++] = product;
      }
      if (length > k) {
        own.subarray(0, length).sort();
        own.copyWithin(0, length - k, length);
        length = k;
      }
      if (length === k) bounds[q] = own.subarray(0, k).reduce((least, value) => Math.min(least, value));
      lengths[q] = length;
    }
  }
  return bounds;
}
