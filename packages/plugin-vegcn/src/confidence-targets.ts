import type { Features, KnnGraph } from '@l2c/core';

/** How the confidence that GCN-V learns is defined. */
export const confidenceTargets = ['s_nbr', 's_nbr_size_norm', 's_avg', 's_center'] as const;
export type ConfidenceTarget = (typeof confidenceTargets)[number];

/**
 * (n) float32: how much each instance lies at the heart of its identity. `truth` holds any integers, -1 = unknown; an
 * instance of unknown identity gets 0 and counts for nobody else.
 *
 * - `s_nbr`: similarities to neighbours of the same identity less those to others, itself included with 1, divided by the
 *   largest absolute value of all instances. Yang et al., CVPR 2020, sec. 3.2.
 * - `s_nbr_size_norm`: the same sum divided by the number of neighbours, itself included.
 * - `s_avg`: mean similarity to the other instances of its identity; 0 where there are none. Unlike the paper's code, which
 *   takes instances off the list as it goes, it does not depend on their order.
 * - `s_center`: similarity to the mean of its identity, itself included.
 *
 * O(n k) for the first two, O(n dim) for the others.
 */
export function confidenceTarget(
  target: ConfidenceTarget,
  features: Features,
  knn: KnnGraph,
  truth: Int32Array,
): Float32Array {
  switch (target) {
    case 's_nbr':
      return largestIsOne(agreement(knn, truth));
    case 's_nbr_size_norm':
      return Float32Array.from(agreement(knn, truth), (sum) => sum / (knn.k + 1));
    case 's_avg':
    case 's_center':
      return centrality(features, truth, target);
  }
}

function agreement({ n, k, ids, similarities }: KnnGraph, truth: Int32Array): Float64Array {
  const sums = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    if (truth[i] === -1) continue;
    let sum = 1;
    for (let e = i * k; e < (i + 1) * k && ids[e] !== -1; e++) {
      const other = truth[ids[e]];
      if (other !== -1) sum += other === truth[i] ? similarities[e] : -similarities[e];
    }
    sums[i] = sum;
  }
  return sums;
}

function largestIsOne(sums: Float64Array): Float32Array {
  let largest = 0;
  for (const sum of sums) largest = Math.max(largest, Math.abs(sum));
  return Float32Array.from(sums, (sum) => (largest === 0 ? 0 : sum / largest));
}

/** Similarities to a mean are those of the sum, divided: f . sum(f) less, for the others alone, f . f. */
function centrality(features: Features, truth: Int32Array, target: 's_avg' | 's_center'): Float32Array {
  const { n, dim } = features;
  const result = new Float32Array(n);
  const sum = new Float64Array(dim);
  const { order, starts } = byIdentity(truth);
  for (let g = 0; g + 1 < starts.length; g++) {
    const size = starts[g + 1] - starts[g];
    sum.fill(0);
    for (let m = starts[g]; m < starts[g + 1]; m++) {
      const row = features.row(order[m]);
      for (let c = 0; c < dim; c++) sum[c] += row[c];
    }
    for (let m = starts[g]; m < starts[g + 1]; m++) {
      const row = features.row(order[m]);
      let [toAll, toItself] = [0, 0];
      for (let c = 0; c < dim; c++) {
        toAll += row[c] * sum[c];
        toItself += row[c] * row[c];
      }
      if (target === 's_center') result[order[m]] = toAll / size;
      else if (size > 1) result[order[m]] = (toAll - toItself) / (size - 1);
    }
  }
  return result;
}

/** Instances of known identity, grouped by it: group g is order[starts[g]] .. order[starts[g + 1]]. */
function byIdentity(truth: Int32Array): { order: Int32Array; starts: Int32Array } {
  const known = Int32Array.from(truth.keys()).filter((i) => truth[i] !== -1);
  const order = known.sort((a, b) => truth[a] - truth[b] || a - b);
  const starts: number[] = [];
  for (let m = 0; m < order.length; m++) if (m === 0 || truth[order[m]] !== truth[order[m - 1]]) starts.push(m);
  return { order, starts: Int32Array.from([...starts, order.length]) };
}
