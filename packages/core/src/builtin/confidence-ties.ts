import { clusterSizes, type Labels } from '../data/labels.js';
import type { Csr } from '../graph/csr.js';

/** Links whose similarities may be held in double precision. */
export interface SimilarLinks extends Csr {
  readonly similarities: ArrayLike<number>;
}

/**
 * How many instances are a cluster by themselves although a link to a neighbour of equal confidence passes the cut: copies of a
 * face without anybody more confident near, or all instances where no confidence differs. O(n + m).
 */
export function tiedAlone(
  { offsets, targets, similarities }: SimilarLinks,
  confidences: ArrayLike<number>,
  labels: Labels,
  minSimilarity: number,
): number {
  const sizes = clusterSizes(labels);
  const maxDistance = 1 - minSimilarity;
  const isTied = (i: number): boolean => {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      const j = targets[e];
      if (j !== i && j >= 0 && confidences[j] === confidences[i] && 1 - similarities[e] < maxDistance) return true;
    }
    return false;
  };
  let count = 0;
  for (let i = 0; i < labels.values.length; i++) if (sizes[labels.values[i]] === 1 && isTied(i)) count++;
  return count;
}
