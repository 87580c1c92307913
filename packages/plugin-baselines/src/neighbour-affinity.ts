import { Spmm, transpose, type KnnGraph } from '@l2c/core';
import type { SymmetricOperator } from './leading-eigenvectors.js';

/** The affinity of a graph, normalised, and the sums that normalise it. */
export interface NormalisedAffinity {
  /** D^-½ A D^-½. */
  readonly operator: SymmetricOperator;
  /** (n) the sums of A's rows, D; 0 for an instance without a link. */
  readonly degrees: Float64Array;
}

/**
 * A = (N + Nᵀ) / 2, where N holds a 1 for each of an instance's first k neighbours: a mutual link counts 1, another ½.
 * Links an instance has to itself would not change the embedding and are left out. O(n k), 24 n k bytes.
 * von Luxburg, "A Tutorial on Spectral Clustering", Statistics and Computing 17, 2007, sec. 2.2.
 */
export function neighbourAffinity(knn: KnnGraph, k: number): NormalisedAffinity {
  const { n } = knn;
  const width = Math.min(k, knn.k);
  const own = {
    n,
    offsets: Int32Array.from({ length: n + 1 }, (_, i) => i * width),
    targets: new Int32Array(n * width),
  };
  for (let i = 0; i < n; i++) own.targets.set(knn.ids.subarray(i * knn.k, i * knn.k + width), i * width);
  const incoming = transpose(own);
  const degrees = new Float64Array(n);
  const offsets = new Int32Array(n + 1);
  const indices = new Int32Array(2 * incoming.targets.length);
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let e = i * width; e < (i + 1) * width; e++) if (own.targets[e] >= 0) indices[at++] = own.targets[e];
    for (let e = incoming.offsets[i]; e < incoming.offsets[i + 1]; e++) indices[at++] = incoming.targets[e];
    offsets[i + 1] = at;
    degrees[i] = (at - offsets[i]) / 2;
  }
  const weights = new Float32Array(at);
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) weights[e] = 0.5 / Math.sqrt(degrees[i] * degrees[indices[e]]);
  }
  const product = new Spmm({ rows: n, columns: n, offsets, indices, weights });
  return {
    operator: { n, multiply: (x, columns, out) => void product.multiply(x, columns, out as Float32Array<ArrayBuffer>) },
    degrees,
  };
}
