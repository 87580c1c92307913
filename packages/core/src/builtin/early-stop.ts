import type { Features } from '../data/features.js';
import type { KnnGraph } from '../data/knn-graph.js';
import type { EdgeProposals } from '../data/proposals.js';
import { betweenRows } from '../stages/between-steps.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { ProposalGenerator } from '../stages/interfaces.js';
import type { Services } from '../stages/services.js';
import type { Threshold } from '../stages/threshold-option.js';
import { neighbourProbabilities, SharedNeighbourhood } from './edge-probabilities.js';
import { floorOf, floorOption } from './floor-similarity.js';
import { countAbove, rowFronts } from './row-fronts.js';

export interface EarlyStopOptions {
  minProbability: number;
  temperature: number;
  minSimilarity: Threshold;
}

const options: OptionsSchema<EarlyStopOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    minProbability: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.22,
      description: 'At the first neighbour whose edge probability is lower, the neighbours of an instance end.',
    },
    temperature: {
      type: 'number',
      exclusiveMinimum: 0,
      default: 0.5,
      description: 'Squared distance at which a neighbour counts 1 / e of the instance itself.',
    },
    minSimilarity: floorOption(),
  },
  required: ['minProbability', 'temperature', 'minSimilarity'],
};

/** What {@link earlyStop} takes. */
export interface EarlyStopRun extends Omit<EarlyStopOptions, 'minSimilarity'> {
  readonly minSimilarity: number;
}

/**
 * Proposes to each instance its neighbours, best first, up to the first whose neighbour-based edge probability
 * ({@link SharedNeighbourhood}) is below `minProbability`, or whose similarity is below `minSimilarity`; both inclusive. What comes
 * after it is not looked at: a probable neighbour behind an improbable one is more often wrong than right. Rows of the graph don't
 * list the instance itself, the probabilities count it. O(n k) for each link kept and one more, 4 n k bytes. FC-ES, 2024.
 */
export function earlyStop(knn: KnnGraph, options: EarlyStopRun, onRow?: (i: number) => void): EdgeProposals {
  const { k, ids } = knn;
  const { minProbability, temperature, minSimilarity } = options;
  const shared = new SharedNeighbourhood(neighbourProbabilities(knn, temperature));
  return rowFronts(knn, (i) => {
    onRow?.(i);
    const most = countAbove(knn, i, minSimilarity);
    if (most > 0) shared.from(i);
    let count = 0;
    while (count < most && shared.with(ids[i * k + count]) >= minProbability) count++;
    return count;
  });
}

class EarlyStop implements ProposalGenerator {
  constructor(
    private readonly options: EarlyStopOptions,
    private readonly services: Services,
  ) {}

  async propose(_features: Features, knn: KnnGraph | undefined): Promise<EdgeProposals> {
    if (knn === undefined) throw new RangeError('early-stop needs a knn graph');
    const minSimilarity = await floorOf(this.options.minSimilarity, knn, this.services);
    return earlyStop(knn, { ...this.options, minSimilarity }, betweenRows(this.services, knn.n));
  }
}

export const earlyStopStage = defineStage({
  kind: 'proposalGenerator',
  type: 'early-stop',
  proposals: 'edges',
  knn: true,
  summary: 'Proposes the neighbours of an instance up to the first that shares too little of its neighbourhood.',
  cost: 'O(n k) time for each neighbour kept of an instance, 4 n k bytes and 8 a kept link; an automatic minSimilarity takes a sweep of infomap',
  reference: 'Face Clustering via Early Stopping and Edge Recall (FC-ES), 2024',
  options,
  create: (filled: EarlyStopOptions, services: Services) => new EarlyStop(filled, services),
});
