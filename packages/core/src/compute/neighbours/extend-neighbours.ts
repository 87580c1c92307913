import type { Features } from '../../data/features.js';
import { allocateKnnGraph, type KnnGraph } from '../../data/knn-graph.js';
import type { SearchServices } from './exact-neighbours.js';

/** Rows multiplied at a time: new ones, and others. */
const [newRows, otherRows] = [256, 2048];

/**
 * The graph of n instances, given that of the first of them: each of the others is compared with all, and each product serves
 * both sides. Exact where the given graph is, to float32 rounding of the products; equal products go to the lower id.
 * O((n - known.n) n dim) time, 4 n bytes besides the result.
 *
 * @throws the signal's reason, when it is aborted
 */
export async function extendNeighbours(
  features: Features,
  known: KnnGraph,
  services: SearchServices,
): Promise<KnnGraph> {
  const { compute, progress, signal } = services;
  const { n, dim } = features;
  const { k } = known;
  if (known.n > n) throw new RangeError(`a graph of ${known.n} instances, and features of ${n}`);
  const graph = allocateKnnGraph(n, k);
  graph.ids.set(known.ids);
  graph.similarities.set(known.similarities);
  const bounds = new Float32Array(n);
  for (let i = 0; i < n; i++) bounds[i] = graph.similarities[i * k + k - 1];
  const [news, others] = [new Float32Array(newRows * dim), new Float32Array(otherRows * dim)];
  const products = new Float32Array(newRows * otherRows);
  const total = (n - known.n) * n;
  let done = 0;
  for (let first = known.n; first < n; first += newRows) {
    const rows = Math.min(newRows, n - first);
    features.copyRows(first, first + rows, news);
    for (let start = 0; start < n; start += otherRows) {
      signal?.throwIfAborted();
      const columns = Math.min(otherRows, n - start);
      features.copyRows(start, start + columns, others);
      await compute.gemmTransposed(news, rows, others, columns, dim, products);
      place(graph, bounds, products, { first, rows, start, columns }, known.n);
      progress?.update((done += rows * columns), total, 'pairs');
    }
  }
  return graph;
}

interface Block {
  readonly first: number;
  readonly rows: number;
  readonly start: number;
  readonly columns: number;
}

/** Hands each product to the new instance of its row, and to that of its column where it was known before. */
function place(
  graph: KnnGraph,
  bounds: Float32Array,
  products: Float32Array,
  { first, rows, start, columns }: Block,
  known: number,
): void {
  for (let r = 0; r < rows; r++) {
    const i = first + r;
    let bound = bounds[i];
    for (let c = 0, at = r * columns; c < columns; c++, at++) {
      const product = products[at];
      const j = start + c;
      if (product > bound && i !== j) bound = insert(graph, i, j, product);
      if (product > bounds[j] && j < known) bounds[j] = insert(graph, j, i, product);
    }
    bounds[i] = bound;
  }
}

/** Puts neighbour j into the row of i, behind those as near, and returns the similarity of the last. Rows see j ascend. */
function insert({ k, ids, similarities }: KnnGraph, i: number, j: number, similarity: number): number {
  const first = i * k;
  let at = first + k - 1;
  while (at > first && similarities[at - 1] < similarity) {
    ids[at] = ids[at - 1];
    similarities[at] = similarities[at - 1];
    at--;
  }
  ids[at] = j;
  similarities[at] = similarity;
  return similarities[first + k - 1];
}
