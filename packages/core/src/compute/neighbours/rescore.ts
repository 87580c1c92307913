import type { Features } from '../../data/features.js';
import type { KnnGraph } from '../../data/knn-graph.js';

/**
 * Gives the neighbours that rows first .. last of a graph list their exact similarities, summed in double precision, and
 * sorts them: best first, ties to the lower id, empty places last. For builders whose own similarities are approximate or
 * whose order among ties is chance. O(k dim) a row.
 */
export function rescore(features: Features, knn: KnnGraph, first: number, last: number): void {
  const { k, ids, similarities } = knn;
  for (let i = first; i < last; i++) {
    const row = features.row(i);
    for (let e = i * k; e < (i + 1) * k; e++) similarities[e] = ids[e] < 0 ? -Infinity : features.dotWith(row, ids[e]);
    sortRow(ids, similarities, i * k, (i + 1) * k);
  }
}

/** By insertion: rows are nearly in order. */
function sortRow(ids: Int32Array, similarities: Float32Array, first: number, end: number): void {
  for (let e = first + 1; e < end; e++) {
    const [id, similarity] = [ids[e], similarities[e]];
    let at = e;
    while (at > first && precedes(id, similarity, ids[at - 1], similarities[at - 1])) {
      ids[at] = ids[at - 1];
      similarities[at] = similarities[at - 1];
      at--;
    }
    ids[at] = id;
    similarities[at] = similarity;
  }
}

function precedes(id: number, similarity: number, other: number, otherSimilarity: number): boolean {
  if (id < 0 || other < 0) return other < 0 && id >= 0;
  return similarity > otherSimilarity || (similarity === otherSimilarity && id < other);
}
