import { descendingOrder } from '@l2c/core';
import type { Choice } from './nearest-centres.js';

/** Squared distances below this share of a row's squared length are float32 rounding: the row lies at its centre. */
const atCentre = 2e-6;

/**
 * Gives each cluster without rows the row that lies farthest from its centre, where its own cluster has others. Returns how
 * many clusters were filled: all of them, unless every row that can be spared lies at its centre. O(n), with empty
 * clusters O(n log n).
 */
export function refill(choice: Choice, squares: Float64Array, clusters: number): number {
  const { labels, scores } = choice;
  const sizes = new Int32Array(clusters);
  for (let i = 0; i < labels.length; i++) sizes[labels[i]]++;
  let empty = sizes.indexOf(0);
  if (empty === -1) return 0;
  const distances = Float32Array.from(squares, (square, i) => square - 2 * scores[i]);
  let filled = 0;
  for (const i of descendingOrder(distances)) {
    if (!(distances[i] > atCentre * squares[i])) continue;
    if (sizes[labels[i]] === 1) continue;
    sizes[labels[i]]--;
    sizes[empty] = 1;
    labels[i] = empty;
    scores[i] = squares[i] / 2; // its own centre
    filled++;
    empty = sizes.indexOf(0, empty + 1);
    if (empty === -1) break;
  }
  return filled;
}
