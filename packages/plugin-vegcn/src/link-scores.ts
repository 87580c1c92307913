import type { EdgeProposals } from '@l2c/core';
import type { Connectivity } from './connectivity.js';

/** Scores of links that start as similarities, to be replaced instance by instance. */
export interface LinkScores {
  readonly values: Float32Array;
  /** Gives the links of a pivot the probabilities that the model found. */
  take(found: Connectivity): void;
}

/** (m) similarities of links to neighbours of strictly larger confidence, 0 for all others. */
export function linkScores(edges: EdgeProposals, confidences: Float32Array): LinkScores {
  const { n, offsets, targets, similarities } = edges;
  const values = new Float32Array(targets.length);
  const isCandidate = (i: number, e: number): boolean => confidences[targets[e]] > confidences[i];
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) if (isCandidate(i, e)) values[e] = similarities[e];
  }
  const probabilities = new Float32Array(n);
  return {
    values,
    take({ pivot, members, logProbabilities }) {
      for (let m = 0; m < members.length; m++) probabilities[members[m]] = Math.exp(logProbabilities[2 * m + 1]);
      for (let e = offsets[pivot]; e < offsets[pivot + 1]; e++) {
        if (isCandidate(pivot, e)) values[e] = probabilities[targets[e]];
      }
      for (const member of members) probabilities[member] = 0;
    },
  };
}

/** Sets all but the `most` highest scores of each instance to 0. Among equal scores the link listed first is kept. */
export function keepBestLinks({ n, offsets }: EdgeProposals, scores: Float32Array, most: number): void {
  for (let i = 0; i < n; i++) {
    const row = scores.subarray(offsets[i], offsets[i + 1]);
    if (row.length <= most) continue;
    const order = [...row.keys()].sort((a, b) => row[b] - row[a] || a - b);
    for (const e of order.slice(most)) row[e] = 0;
  }
}
