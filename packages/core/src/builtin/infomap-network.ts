import type { EdgeProposals } from '../data/proposals.js';
import { directedFlow, undirectedFlow, type FlowNetwork } from '../graph/infomap/flow-network.js';
import { undirectedPairs, type ScoredPairs } from '../graph/undirected-pairs.js';
import type { Csr } from '../graph/csr.js';

export interface NetworkOptions {
  readonly directed: boolean;
  /** What a link weighs: its score, or by how much that exceeds the threshold. */
  readonly weight: 'score' | 'excess';
  /** Undirected: the score of a pair that both instances list. */
  readonly pool: 'max' | 'sum';
}

/** Where nothing exceeds the threshold but all reach it, links still weigh something, all alike. */
const leastWeight = 1e-6;

/** The network of the links scoring at least a threshold, for any threshold. */
export type NetworkAt = (threshold: number) => FlowNetwork;

/**
 * Readies links for {@link infomap}. Pairs are made undirected once, whatever number of thresholds is asked for. Links that score
 * less than the threshold, or NaN, are none, nor are those of no weight. O(n + m) once and for each threshold, 28 bytes a link.
 */
export function networkOfEdges(edges: EdgeProposals, scores: Float32Array, options: NetworkOptions): NetworkAt {
  if (options.directed) {
    return (threshold) => {
      const { csr, weights } = weighed(edges, scores, threshold, options.weight);
      return directedFlow(csr, weights);
    };
  }
  const pairs: ScoredPairs = undirectedPairs(edges, scores, options.pool);
  return (threshold) => {
    const { csr, weights } = weighed(pairs, pairs.scores, threshold, options.weight);
    return undirectedFlow({ ...csr, scores: weights, minimum: 0 });
  };
}

function weighed(
  links: Csr,
  scores: Float32Array | Float64Array,
  threshold: number,
  weight: NetworkOptions['weight'],
): { csr: Csr; weights: Float64Array } {
  const { n, offsets } = links;
  const weightOf = (score: number): number =>
    weight === 'excess' ? Math.max(score - threshold, leastWeight) : score > -Infinity ? score : 0;
  const counts = new Int32Array(n + 1);
  const kept = (score: number): boolean => score >= threshold && score < Infinity && weightOf(score) > 0;
  for (let i = 0; i < n; i++) {
    let count = 0;
    for (let e = offsets[i]; e < offsets[i + 1]; e++) if (kept(scores[e])) count++;
    counts[i + 1] = counts[i] + count;
  }
  const targets = new Int32Array(counts[n]);
  const weights = new Float64Array(counts[n]);
  let at = 0;
  for (let e = 0; e < scores.length; e++) {
    if (!kept(scores[e])) continue;
    targets[at] = links.targets[e];
    weights[at++] = weightOf(scores[e]);
  }
  return { csr: { n, offsets: counts, targets }, weights };
}
