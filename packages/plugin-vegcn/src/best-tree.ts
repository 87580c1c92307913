import { bcubed, confidenceTree, moreConfidentLinks, type EdgeProposals } from '@l2c/core';

/** Cuts that are tried, besides none. */
const cuts = 40;

/** The best clusters that a confidence tree makes of scores and confidences, as the truth has it. */
export interface BestTree {
  /** BCubed F. */
  readonly f: number;
  /** Where it is cut; -1 = nowhere. */
  readonly minSimilarity: number;
}

/**
 * Cuts the tree at even quantiles of the similarities of its links, so that no scale of similarity has an advantage, and keeps
 * the best. Equally good ones: the lowest cut. O(n k) a cut.
 */
export function bestTree(
  edges: EdgeProposals,
  scores: Float32Array,
  confidences: Float32Array,
  truth: Int32Array,
): BestTree {
  const links = moreConfidentLinks(edges, scores, confidences, 1).filter((link) => link !== -1);
  const similarities = Float32Array.from(links, (link) => edges.similarities[link]).sort();
  let best: BestTree = { f: -1, minSimilarity: -1 };
  for (let cut = 0; cut <= cuts; cut++) {
    const minSimilarity = cut === 0 ? -1 : similarities[Math.ceil((cut / cuts) * similarities.length) - 1];
    if (minSimilarity === undefined) break;
    const { values } = confidenceTree(edges, scores, confidences, { minSimilarity, maxConnections: 1 });
    const { f } = bcubed(truth, values);
    if (f > best.f) best = { f, minSimilarity };
  }
  return best;
}
