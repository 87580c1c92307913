import { evenOffsets, normalisedAdjacency, toSparseMatrix, type KnnGraph, type SparseMatrix } from '@l2c/core';

/**
 * (n x n) the matrix GCN-V and GCN-E propagate over: links of at least `minSimilarity`, made symmetric by the larger of
 * both directions, plus the identity, each row divided by its sum. An instance without links propagates to itself alone.
 * Yang et al., CVPR 2020, sec. 3.2. O(n k).
 */
export function knnAdjacency(knn: KnnGraph, minSimilarity: number): SparseMatrix {
  const links = { n: knn.n, offsets: evenOffsets(knn.n, knn.k), targets: knn.ids };
  return toSparseMatrix(normalisedAdjacency(links, knn.similarities, minSimilarity));
}
