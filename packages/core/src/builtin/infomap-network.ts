import { sharedInt32 } from '../data/shared-arrays.js';
import type { Csr } from '../graph/csr.js';
import { fallingRows, frontsAbove, type FallingRows } from '../graph/falling-rows.js';
import { directedFlow, undirectedFlow, type FlowNetwork } from '../graph/infomap/flow-network.js';
import { undirectedPairs } from '../graph/undirected-pairs.js';

export interface NetworkOptions {
  readonly directed: boolean;
  /** What a link weighs: its score, or by how much that exceeds the threshold. */
  readonly weight: 'score' | 'excess';
  /** Undirected: the score of a pair that both instances list. */
  readonly pool: 'max' | 'sum';
}

/** Where nothing exceeds the threshold but all reach it, links still weigh something, all alike. */
const leastWeight = 1e-6;

/** The network of the links scoring at least a threshold; valid until it is asked for that of another. */
export type NetworkAt = (threshold: number) => FlowNetwork;

/**
 * Readies links for {@link infomap}. Links that score less than the threshold, or NaN, are none, nor are those of no weight.
 * O(n + m), and for each threshold O(n + links that reach it); undirected ones need 16 bytes a pair, whatever the threshold.
 */
export function networkOfEdges(edges: Csr, scores: Float32Array, options: NetworkOptions): NetworkAt {
  if (!options.directed) return networkOfRows(rowsOfEdges(edges, scores, options.pool), options.weight);
  return (threshold) => {
    const { csr, weights } = linksAbove(edges, scores, threshold, options.weight);
    return directedFlow(csr, weights);
  };
}

/** Undirected pairs in order, so that any threshold costs little; `numbers` as in {@link fallingRows}. O(n + m log(m / n)), 28 bytes a pair. */
export function rowsOfEdges(
  edges: Csr,
  scores: Float32Array,
  pool: NetworkOptions['pool'],
  numbers?: Int32Array,
): FallingRows {
  return fallingRows(undirectedPairs(edges, scores, pool), numbers);
}

/** Networks of the fronts of rows, which are not copied. */
export function networkOfRows(rows: FallingRows, weight: NetworkOptions['weight']): NetworkAt {
  const { n, offsets, targets, scores } = rows;
  const ends = sharedInt32(n);
  ends.set(offsets.subarray(0, n));
  return (threshold) => {
    frontsAbove(rows, weight === 'score' ? Math.max(threshold, Number.MIN_VALUE) : threshold, ends);
    return undirectedFlow({ n, offsets, ends, targets, weights: scores, ...weighing(weight, threshold) });
  };
}

/** A link weighs what its score is above `from`, and never less than `least`. */
function weighing(weight: NetworkOptions['weight'], threshold: number): { from: number; least: number } {
  return weight === 'excess' ? { from: threshold, least: leastWeight } : { from: 0, least: 0 };
}

/** The links that reach the threshold and weigh something, as they point. */
function linksAbove(
  links: Csr,
  scores: Float32Array,
  threshold: number,
  weight: NetworkOptions['weight'],
): { csr: Csr; weights: Float64Array } {
  const { n, offsets } = links;
  const { from, least } = weighing(weight, threshold);
  const counts = new Int32Array(n + 1);
  const kept = (score: number): boolean => score >= threshold && score < Infinity && Math.max(score - from, least) > 0;
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
    weights[at++] = Math.max(scores[e] - from, least);
  }
  return { csr: { n, offsets: counts, targets }, weights };
}
