import type { KnnGraph } from '../data/knn-graph.js';
import type { EdgeProposals, Proposals } from '../data/proposals.js';
import type { Scores } from '../data/scores.js';
import { sharedFloat32 } from '../data/shared-arrays.js';
import { betweenRows } from '../stages/between-steps.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { Scorer, StageContext } from '../stages/interfaces.js';
import type { Services } from '../stages/services.js';
import { neighbourProbabilities, SharedNeighbourhood } from './edge-probabilities.js';
import { expectEdges } from './expect-proposals.js';

export interface EdgeProbabilityOptions {
  of: 'neighbourhood' | 'step';
  temperature: number;
}

const options: OptionsSchema<EdgeProbabilityOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    of: {
      type: 'string',
      enum: ['neighbourhood', 'step'],
      default: 'neighbourhood',
      description:
        'Of both sharing their neighbours, or of a step along the link: its similarity as a part of all in the row.',
    },
    temperature: {
      type: 'number',
      exclusiveMinimum: 0,
      default: 0.5,
      description: 'Of a neighbourhood: squared distance at which a neighbour counts 1 / e of the instance itself.',
    },
  },
  required: ['of', 'temperature'],
};

/**
 * (m) neighbour-based edge probability of each link, 0 .. 1: {@link SharedNeighbourhood}. O(m k) time, 4 n k bytes. FC-ES, 2024.
 */
export function sharedProbabilities(
  { n, offsets, targets }: EdgeProposals,
  knn: KnnGraph,
  temperature: number,
  onRow?: (i: number) => void,
): Float32Array {
  const scores = sharedFloat32(targets.length);
  const shared = new SharedNeighbourhood(neighbourProbabilities(knn, temperature));
  for (let i = 0; i < n; i++) {
    onRow?.(i);
    if (offsets[i] === offsets[i + 1]) continue;
    shared.from(i);
    for (let e = offsets[i]; e < offsets[i + 1]; e++) scores[e] = shared.with(targets[e]);
  }
  return scores;
}

/**
 * (m) similarity of each link as a part of the sum over the neighbours of its source; below 0 taken as 0. O(m + n k) time.
 * Yu et al., FaceMap, 2022.
 */
export function stepProbabilities({ n, offsets, similarities }: EdgeProposals, knn: KnnGraph): Float32Array {
  const scores = sharedFloat32(similarities.length);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let e = i * knn.k; e < (i + 1) * knn.k && knn.ids[e] >= 0; e++) sum += Math.max(0, knn.similarities[e]);
    if (sum === 0) continue;
    for (let e = offsets[i]; e < offsets[i + 1]; e++) scores[e] = Math.max(0, similarities[e]) / sum;
  }
  return scores;
}

class EdgeProbability implements Scorer {
  constructor(
    private readonly options: EdgeProbabilityOptions,
    private readonly services: Services,
  ) {}

  score(proposals: Proposals, { knn }: StageContext, previousScores: Scores): Scores {
    const edges = expectEdges(proposals, 'edge-probability');
    if (knn === undefined) throw new RangeError('edge-probability needs a knn graph');
    if (this.options.of === 'step') return { ...previousScores, proposals: stepProbabilities(edges, knn) };
    const tell = betweenRows(this.services, edges.n);
    const scores = sharedProbabilities(edges, knn, this.options.temperature, tell);
    return { ...previousScores, proposals: scores };
  }
}

export const edgeProbabilityStage = defineStage({
  kind: 'scorer',
  type: 'edge-probability',
  proposals: 'edges',
  knn: true,
  summary: 'Scores links by how much of their neighbourhoods both instances share.',
  cost: 'O(m k) time, 4 n k bytes',
  reference: 'Face Clustering via Early Stopping and Edge Recall (FC-ES), 2024',
  options,
  create: (filled: EdgeProbabilityOptions, services: Services) => new EdgeProbability(filled, services),
});
