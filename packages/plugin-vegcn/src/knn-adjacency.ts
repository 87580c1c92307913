import { normalisedAdjacency, toSparseMatrix, type KnnGraph, type SparseMatrix } from '@l2c/core';
import { knnLinks } from './knn-links.js';

/**
 * (n x n) the matrix GCN-V and GCN-E propagate over: links of at least `minSimilarity`, made symmetric by the larger of
 * both directions, plus the identity, each row divided by its sum. An instance without links propagates to itself alone.
 * Yang et al., CVPR 2020, sec. 3.2. O(n k).
 */
export function knnAdjacency(knn: KnnGraph, minSimilarity: number): SparseMatrix {
  return toSparseMatrix(normalisedAdjacency(knnLinks(knn), knn.similarities, minSimilarity));
}
