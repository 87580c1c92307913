import type { Csr } from '../graph/csr.js';
import { fallingRows, frontsAbove } from '../graph/falling-rows.js';
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
 * Readies links for {@link infomap}. Links that score less than the threshold, or NaN, are none, nor are those of no weight. Pairs
 * are made undirected and brought in order once, so that another threshold costs little: O(n + m) once, 28 bytes a pair, and for each
 * threshold O(n + links that reach it), 24 bytes a pair of those.
 */
export function networkOfEdges(edges: Csr, scores: Float32Array, options: NetworkOptions): NetworkAt {
  if (options.directed) {
    return (threshold) => {
      const { csr, weights } = linksAbove(edges, scores, threshold, options.weight);
      return directedFlow(csr, weights);
    };
  }
  const rows = fallingRows(undirectedPairs(edges, scores, options.pool));
  const ends = rows.offsets.slice(0, rows.n);
  // Kept from one threshold to the next: memory that is touched for the first time costs more than what is done with it.
  let room = { targets: new Int32Array(0), weights: new Float64Array(0) };
  return (threshold) => {
    frontsAbove(rows, options.weight === 'score' ? Math.max(threshold, Number.MIN_VALUE) : threshold, ends);
    const offsets = new Int32Array(rows.n + 1);
    for (let i = 0; i < rows.n; i++) offsets[i + 1] = offsets[i] + ends[i] - rows.offsets[i];
    const links = offsets[rows.n];
    if (room.targets.length < links) {
      const size = Math.min(rows.targets.length, Math.max(links, 2 * room.targets.length));
      room = { targets: new Int32Array(size), weights: new Float64Array(size) };
    }
    const [targets, weights] = [room.targets.subarray(0, links), room.weights.subarray(0, links)];
    const { from, least } = weighing(options.weight, threshold);
    for (let i = 0, at = 0; i < rows.n; i++) {
      for (let e = rows.offsets[i]; e < ends[i]; e++) {
        targets[at] = rows.targets[e];
        weights[at++] = Math.max(rows.scores[e] - from, least);
      }
    }
    return undirectedFlow({ n: rows.n, offsets, targets }, weights);
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
