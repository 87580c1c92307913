import type { EdgeProposals, Proposals } from '../data/proposals.js';
import type { Scores } from '../data/scores.js';
import { sharedFloat32 } from '../data/shared-arrays.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { Scorer, StageContext } from '../stages/interfaces.js';
import { expectEdges } from './expect-proposals.js';

export interface DensityOptions {
  maxDistance: number;
  measure: 'similarity' | 'count';
}

const options: OptionsSchema<DensityOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    maxDistance: {
      type: 'number',
      minimum: 0,
      maximum: 2,
      default: 0.3,
      description: 'Neighbours nearer than this distance count: 1 - cosine similarity.',
    },
    measure: {
      type: 'string',
      enum: ['similarity', 'count'],
      default: 'similarity',
      description: 'What a neighbour adds: its similarity, or 1. Counts tie often, and ties make peaks.',
    },
  },
  required: ['maxDistance', 'measure'],
};

/**
 * (n) float32 confidences without a model: how crowded the surroundings of each instance are. An instance's own links
 * of a distance below `maxDistance` (exclusive) are added up, by similarity or by number; without any it is 0. The
 * instance itself is not counted, which lowers all confidences by 1 against code that lists it, and leaves their order.
 * O(n + m). Rodriguez & Laio, "Clustering by fast search and find of density peaks", Science 344, 2014;
 * as confidence: Yang et al., CVPR 2020, sec. 4.3.
 */
export function density(edges: EdgeProposals, options: DensityOptions): Float32Array {
  const { n, offsets, similarities } = edges;
  const { maxDistance, measure } = options;
  const confidences = sharedFloat32(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      if (1 - similarities[e] < maxDistance) sum += measure === 'count' ? 1 : similarities[e];
    }
    confidences[i] = sum;
  }
  return confidences;
}

class Density implements Scorer {
  constructor(private readonly options: DensityOptions) {}

  score(proposals: Proposals, _context: StageContext, previousScores: Scores): Scores {
    return { ...previousScores, vertices: density(expectEdges(proposals, 'density'), this.options) };
  }
}

export const densityStage = defineStage({
  kind: 'scorer',
  type: 'density',
  proposals: 'edges',
  gives: ['vertices'],
  summary: 'Gives each instance a confidence by how many near neighbours it has; links keep their scores.',
  cost: 'O(n + m) time, 4 n bytes',
  reference: 'Rodriguez & Laio, Clustering by fast search and find of density peaks, Science 344, 2014',
  options,
  create: (filled: DensityOptions) => new Density(filled),
});
