import { bcubed, defineStage, nmi, pairwise, type Evaluator, type Metrics, type OptionsSchema } from '@l2c/core';

export type WithoutSingletonsOptions = Record<never, never>;

const options: OptionsSchema<WithoutSingletonsOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {},
  required: [],
};

/** The instances that share their cluster with another, in their order. O(n). */
export function inLargerClusters(predicted: ArrayLike<number>): Int32Array {
  const sizes = new Map<number, number>();
  for (let i = 0; i < predicted.length; i++) sizes.set(predicted[i], (sizes.get(predicted[i]) ?? 0) + 1);
  const kept = new Int32Array(predicted.length);
  let count = 0;
  for (let i = 0; i < predicted.length; i++) if (sizes.get(predicted[i])! > 1) kept[count++] = i;
  return kept.slice(0, count);
}

/**
 * Pairwise F, BCubed F and NMI (arithmetic mean) of the instances that were put together with others, and their share of all.
 * NaN where none was. O(n). Wang et al., CVPR 2019, sec. 4.2, removes singletons like this.
 */
export function withoutSingletons(truth: Int32Array, predicted: Int32Array): Metrics {
  const kept = inLargerClusters(predicted);
  const [wanted, found] = [kept.map((i) => truth[i]), kept.map((i) => predicted[i])];
  const isEmpty = kept.length === 0;
  return {
    'pairwise f without singletons': isEmpty ? NaN : pairwise(wanted, found).f,
    'bcubed f without singletons': isEmpty ? NaN : bcubed(wanted, found).f,
    'nmi without singletons': isEmpty ? NaN : nmi(wanted, found, { average: 'arithmetic' }),
    'share without singletons': kept.length / truth.length,
  };
}

class WithoutSingletons implements Evaluator {
  evaluate(truth: Int32Array, predicted: Int32Array): Metrics {
    return withoutSingletons(truth, predicted);
  }
}

export const withoutSingletonsStage = defineStage({
  kind: 'evaluator',
  type: 'without-singletons',
  summary:
    'Pairwise F, BCubed F and NMI of those instances alone that were put together with others, and how many they are.',
  cost: 'O(n) time, 60 n bytes',
  reference: 'Wang et al., Linkage Based Face Clustering via Graph Convolution Network, CVPR 2019, sec. 4.2',
  options,
  create: () => new WithoutSingletons(),
});
