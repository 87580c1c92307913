import type { KnnGraph } from '../../data/knn-graph.js';

/**
 * Writes the first k ids that an index found for instance i to its row: those that are there, and not i itself. With many
 * duplicates, i may not be among them.
 */
export function takeOthers(found: ArrayLike<number>, i: number, { k, ids }: KnnGraph): void {
  let at = i * k;
  for (let f = 0; f < found.length && at < (i + 1) * k; f++) {
    if (found[f] >= 0 && found[f] !== i) ids[at++] = found[f];
  }
}
