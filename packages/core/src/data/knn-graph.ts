import { sharedFloat32, sharedInt32 } from './shared-arrays.js';

/**
 * The k nearest neighbours of each of n instances. `k` counts neighbours and never the instance itself (the
 * reference's k = 80 holds the instance, and is 79 here). Row i lies at i * k, best first, ties by the lower id;
 * a row with fewer neighbours ends in id -1 with similarity -Infinity.
 */
export interface KnnGraph {
  readonly n: number;
  readonly k: number;
  /** (n x k) int32 neighbour ids, -1 = none. */
  readonly ids: Int32Array;
  /** (n x k) float32 cosine similarities. */
  readonly similarities: Float32Array;
}

/** An empty graph (all ids -1) to be filled by a KnnBuilder. */
export function allocateKnnGraph(n: number, k: number): KnnGraph & { ids: Int32Array; similarities: Float32Array } {
  const ids = sharedInt32(n * k).fill(-1);
  const similarities = sharedFloat32(n * k).fill(-Infinity);
  return { n, k, ids, similarities };
}

/** Throws a RangeError that names the first broken invariant. O(n k). */
export function assertKnnGraph(knn: KnnGraph): void {
  const { n, k, ids, similarities } = knn;
  if (ids.length !== n * k || similarities.length !== n * k) throw new RangeError(`knn arrays are not ${n} x ${k}`);
  for (let i = 0; i < n; i++) {
    let ended = false;
    for (let e = i * k; e < (i + 1) * k; e++) {
      const j = ids[e];
      if (j < -1 || j >= n) throw new RangeError(`knn row ${i}: neighbour ${j} is out of range`);
      if (j === i) throw new RangeError(`knn row ${i} lists itself`);
      if (j === -1) ended = true;
      else if (ended) throw new RangeError(`knn row ${i}: a neighbour after an empty place`);
      else if (Number.isNaN(similarities[e])) throw new RangeError(`knn row ${i}: similarity is NaN`);
      else if (e > i * k && similarities[e] > similarities[e - 1]) throw new RangeError(`knn row ${i} is not sorted`);
    }
  }
}

/** The graph of the first k neighbours of each row; the same object where it has no more. */
export function truncateKnnGraph(knn: KnnGraph, k: number): KnnGraph {
  if (k >= knn.k) return knn;
  const result = allocateKnnGraph(knn.n, k);
  for (let i = 0; i < knn.n; i++) {
    result.ids.set(knn.ids.subarray(i * knn.k, i * knn.k + k), i * k);
    result.similarities.set(knn.similarities.subarray(i * knn.k, i * knn.k + k), i * k);
  }
  return result;
}
