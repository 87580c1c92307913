import type { Features } from '../data/features.js';
import type { KnnGraph } from '../data/knn-graph.js';
import type { EdgeProposals } from '../data/proposals.js';
import { betweenRows } from '../stages/between-steps.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { ProposalGenerator } from '../stages/interfaces.js';
import type { Services } from '../stages/services.js';
import type { Threshold } from '../stages/threshold-option.js';
import { floorOf, floorOption } from './floor-similarity.js';
import { countAbove, rowFronts } from './row-fronts.js';

export interface AdaptiveCutOptions {
  window: number;
  minSimilarity: Threshold;
}

const options: OptionsSchema<AdaptiveCutOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    window: {
      type: 'integer',
      minimum: 2,
      default: 20,
      description:
        'Neighbours over which the slope of the similarity is averaged. An instance keeps at least about half as many.',
    },
    minSimilarity: floorOption(),
  },
  required: ['window', 'minSimilarity'],
};

/** Variance of slopes below which they differ by the rounding of float32. */
const leastVariance = 1e-14;

/**
 * How many neighbours lie before the bend of a similarity curve. Slopes are taken between neighbours of a row, `window` of them
 * averaged, and compared with all slopes from there on: where the two differ most, in standard deviations of the latter, the
 * middle of the window is the last neighbour kept. Ties go to the front. All are kept where slopes don't differ, or where there
 * are no more than `window`. `similarities` is a row of `length`, descending, from `start`. O(length). Yu et al. 2022.
 */
export function bendOf(similarities: Float32Array, start: number, length: number, window: number): number {
  const slopes = length - 1;
  const slope = (j: number): number => similarities[start + j] - similarities[start + j + 1];
  let [sum, squares, inWindow, largest] = [0, 0, 0, 0];
  let kept = length;
  for (let j = slopes - 1; j >= 0; j--) {
    const own = slope(j);
    sum += own;
    squares += own * own;
    inWindow += own;
    if (j + window < slopes) inWindow -= slope(j + window);
    const count = slopes - j;
    if (count <= window) continue;
    const mean = sum / count;
    const variance = squares / count - mean * mean;
    if (!(variance > leastVariance)) continue;
    const strangeness = Math.abs(inWindow / window - mean) / Math.sqrt(variance);
    if (strangeness === 0 || strangeness < largest) continue;
    largest = strangeness;
    kept = j + ((window + 1) >> 1) + 1;
  }
  return kept;
}

/** What {@link adaptiveCut} takes. */
export interface AdaptiveCutRun {
  readonly window: number;
  readonly minSimilarity: number;
}

/**
 * Proposes to each instance the neighbours before the bend of its similarity curve ({@link bendOf}), of which those of at least
 * `minSimilarity`. O(n k) time, 8 bytes a kept link.
 */
export function adaptiveCut(knn: KnnGraph, options: AdaptiveCutRun, onRow?: (i: number) => void): EdgeProposals {
  const { window, minSimilarity } = options;
  return rowFronts(knn, (i) => {
    onRow?.(i);
    const length = countAbove(knn, i, -1);
    return countAbove(knn, i, minSimilarity, bendOf(knn.similarities, i * knn.k, length, window));
  });
}

class AdaptiveCut implements ProposalGenerator {
  constructor(
    private readonly options: AdaptiveCutOptions,
    private readonly services: Services,
  ) {}

  async propose(_features: Features, knn: KnnGraph | undefined): Promise<EdgeProposals> {
    if (knn === undefined) throw new RangeError('adaptive-cut needs a knn graph');
    const { log } = this.services;
    const { window } = this.options;
    if (knn.n > 1 && knn.k < window + 2) {
      log.warn(
        `adaptive-cut: a window of ${window} is too wide for ${knn.k} neighbours; all are kept. Raise k or lower window.`,
      );
    }
    const minSimilarity = await floorOf(this.options.minSimilarity, knn, this.services);
    return adaptiveCut(knn, { window, minSimilarity }, betweenRows(this.services, knn.n));
  }
}

export const adaptiveCutStage = defineStage({
  kind: 'proposalGenerator',
  type: 'adaptive-cut',
  proposals: 'edges',
  knn: true,
  summary: 'Proposes the neighbours of an instance before the bend of its similarity curve.',
  cost: 'O(n k) time, 8 bytes a kept link; an automatic minSimilarity takes a sweep of infomap',
  reference: 'Yu et al., FaceMap: Towards Unsupervised Face Clustering via Map Equation, 2022',
  options,
  create: (filled: AdaptiveCutOptions, services: Services) => new AdaptiveCut(filled, services),
});
