import type { Features } from '../data/features.js';
import type { ClusterProposals, Proposals } from '../data/proposals.js';
import type { Scores } from '../data/scores.js';
import { sharedFloat32 } from '../data/shared-arrays.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { Scorer, StageContext } from '../stages/interfaces.js';

export type CosineOptions = Record<never, never>;

const options: OptionsSchema<CosineOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {},
  required: [],
};

/**
 * (m or P) float32 in -1 .. 1. A link scores its cosine similarity (a view, no copy). A set scores the mean cosine
 * similarity over all pairs of different members, which unlike the similarity to their mean does not favour small sets.
 * With unit rows f it is (|sum f|^2 - N) / (N (N - 1)), so linear in the members: O(total size x dim). A set of one has
 * no pair and scores 0. Manning, Raghavan & Schuetze, "Introduction to Information Retrieval", sec. 17.3, eq. 17.3.
 */
export function cosine(proposals: Proposals, features: Features): Float32Array {
  return proposals.kind === 'edges' ? proposals.similarities : cohesion(proposals, features);
}

function cohesion(clusters: ClusterProposals, features: Features): Float32Array {
  const { offsets, members } = clusters;
  const { dim } = features;
  const scores = sharedFloat32(offsets.length - 1);
  const sum = new Float64Array(dim);
  for (let p = 0; p < scores.length; p++) {
    sum.fill(0);
    let own = 0; // what each row adds to |sum|^2 by itself: 1, or 0 for a zero row
    for (let e = offsets[p]; e < offsets[p + 1]; e++) {
      const row = features.row(members[e]);
      let square = 0;
      for (let c = 0; c < dim; c++) square += row[c] * row[c];
      if (square === 0) continue;
      const scale = 1 / Math.sqrt(square);
      for (let c = 0; c < dim; c++) sum[c] += row[c] * scale;
      own++;
    }
    const size = offsets[p + 1] - offsets[p];
    if (size < 2) continue;
    let square = 0;
    for (let c = 0; c < dim; c++) square += sum[c] * sum[c];
    scores[p] = (square - own) / (size * (size - 1));
  }
  return scores;
}

class Cosine implements Scorer {
  score(proposals: Proposals, context: StageContext, previousScores: Scores): Scores {
    return { ...previousScores, proposals: cosine(proposals, context.features) };
  }
}

export const cosineStage = defineStage({
  kind: 'scorer',
  type: 'cosine',
  proposals: 'either',
  summary: 'Scores links by cosine similarity, and sets by the mean cosine similarity of their pairs.',
  cost: 'nothing for links, O(total size x dim) for sets',
  reference: 'Manning, Raghavan & Schuetze, Introduction to Information Retrieval, sec. 17.3',
  options,
  create: () => new Cosine(),
});
