import { proposalCount, type Proposals } from './proposals.js';
import type { Features } from './features.js';

/** What scorers know of proposals. Each scorer of a list sees, and may extend, the scores of those before it. */
export interface Scores {
  /** (m links or P clusters) float32, one per proposal; higher is better. */
  readonly proposals: Float32Array;
  /** Clusters only: inlier probability per member, parallel to `members`. */
  readonly members?: Float32Array | undefined;
  /** (n) confidence per instance. */
  readonly vertices?: Float32Array | undefined;
  /** (n x d) learned features: in a pipeline of rounds they replace the features of the next round. */
  readonly embedding?: Features | undefined;
}

/** The scores a pipeline without scorers hands on: similarity for links, 0 for clusters (the order of proposals decides). */
export function defaultScores(proposals: Proposals): Scores {
  return {
    proposals: proposals.kind === 'edges' ? proposals.similarities : new Float32Array(proposalCount(proposals)),
  };
}

/** Throws a RangeError that names the first broken invariant. */
export function assertScores(scores: Scores, proposals: Proposals): void {
  const count = proposalCount(proposals);
  if (scores.proposals.length !== count) {
    throw new RangeError(`${scores.proposals.length} scores for ${count} proposals`);
  }
  if (scores.members !== undefined) {
    if (proposals.kind !== 'clusters')
      throw new RangeError('member scores belong to clusters, the proposals are edges');
    if (scores.members.length !== proposals.members.length) {
      throw new RangeError(`${scores.members.length} member scores for ${proposals.members.length} members`);
    }
  }
  if (scores.vertices !== undefined && scores.vertices.length !== proposals.n) {
    throw new RangeError(`${scores.vertices.length} confidences for ${proposals.n} instances`);
  }
  if (scores.embedding !== undefined && scores.embedding.n !== proposals.n) {
    throw new RangeError(`an embedding of ${scores.embedding.n} rows for ${proposals.n} instances`);
  }
  for (const part of ['proposals', 'members', 'vertices'] as const) {
    const at = scores[part]?.findIndex(Number.isNaN) ?? -1; // nothing ranks against NaN: all would stay alone, unnoticed
    if (at !== -1) throw new RangeError(`the score ${at} of ${part} is NaN`);
  }
}
