import type { Features } from '../data/features.js';
import { allocateKnnGraph, type KnnGraph } from '../data/knn-graph.js';

/**
 * The exact graph of k neighbours, every inner product in double precision, ties to the lower id: what faster builders
 * are held against. Rows of fewer than k possible neighbours end in -1. O(n^2 (dim + log n)): for small n.
 */
export function bruteForceKnn(features: Features, k: number): KnnGraph {
  const { n } = features;
  const knn = allocateKnnGraph(n, k);
  for (let i = 0; i < n; i++) {
    const others: { id: number; similarity: number }[] = [];
    for (let j = 0; j < n; j++) if (j !== i) others.push({ id: j, similarity: features.dot(i, j) });
    others.sort((a, b) => b.similarity - a.similarity || a.id - b.id);
    others.slice(0, k).forEach(({ id, similarity }, place) => {
      knn.ids[i * k + place] = id;
      knn.similarities[i * k + place] = similarity;
    });
  }
  return knn;
}
