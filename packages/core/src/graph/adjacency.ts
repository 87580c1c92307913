import { countsToOffsets, type Csr } from './csr.js';
import { undirectedPairs } from './undirected-pairs.js';

/** A square sparse matrix whose rows ascend: entry (i, targets[e]) is weights[e] for e in offsets[i] .. offsets[i + 1]. */
export interface Adjacency extends Csr {
  /** (m) float64 where the similarities were, else float32. */
  readonly weights: Float32Array | Float64Array;
}

/**
 * The matrix the graph convolutions propagate over, before normalisation: links of at least `minSimilarity`, made
 * symmetric by the larger of both directions, plus the identity. Links to itself or to nobody (-1) are left out.
 * O(n + m) time.
 */
export function symmetricAdjacency(links: Csr, similarities: ArrayLike<number>, minSimilarity: number): Adjacency {
  const { n, offsets, targets, scores } = undirectedPairs(links, similarities, 'max', minSimilarity);
  const full = new Int32Array(n + 1);
  for (let i = 0; i < n; i++) {
    full[i + 1] = full[i + 1] + 1 + offsets[i + 1] - offsets[i];
    for (let e = offsets[i]; e < offsets[i + 1]; e++) full[targets[e] + 1] = full[targets[e] + 1] + 1;
  }
  countsToOffsets(full);
  const cursor = full.slice(0, n);
  const columns = new Int32Array(full[n]);
  const weights = scores instanceof Float32Array ? new Float32Array(full[n]) : new Float64Array(full[n]);
  // Row i has met all its smaller neighbours when its turn comes: itself and the larger ones follow in order.
  for (let i = 0; i < n; i++) {
    let at = cursor[i];
    columns[at] = i;
    weights[at++] = 1;
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      const j = targets[e];
      columns[at] = j;
      weights[at++] = scores[e];
      const mirrored = cursor[j];
      cursor[j] = mirrored + 1;
      columns[mirrored] = i;
      weights[mirrored] = scores[e];
    }
  }
  return { n, offsets: full, targets: columns, weights };
}

/** Divides each row by its sum, accumulated in double precision; a row whose sum is not positive stays as it is. */
export function normaliseRows(adjacency: Adjacency): Adjacency {
  const { n, offsets } = adjacency;
  const weights = adjacency.weights.slice();
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let e = offsets[i]; e < offsets[i + 1]; e++) sum += weights[e];
    if (!(sum > 0)) continue;
    for (let e = offsets[i]; e < offsets[i + 1]; e++) weights[e] = weights[e] / sum;
  }
  return { ...adjacency, weights };
}

/** D^-1 (max(A, A^T) + I): the propagation matrix of GCN-V and GCN-E. Yang et al., CVPR 2020, sec. 3.2. */
export function normalisedAdjacency(links: Csr, similarities: ArrayLike<number>, minSimilarity = 0): Adjacency {
  return normaliseRows(symmetricAdjacency(links, similarities, minSimilarity));
}
