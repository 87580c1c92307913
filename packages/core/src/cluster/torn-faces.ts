import { exactNeighboursOf, type RecallServices } from '../compute/neighbours/sampled-recall.js';
import type { Features } from '../data/features.js';
import type { KnnGraph } from '../data/knn-graph.js';

/** Faces whose neighbours are looked up anew. */
const samples = 400;
/** How many times as many neighbours they look at. */
const farther = 8;

/** A clustering by the links of a kNN graph that score a threshold or more. */
export interface LinkedFaces {
  readonly features: Features;
  readonly knn: KnnGraph;
  /** (n) int32. */
  readonly labels: Int32Array;
  readonly threshold: number;
}

/**
 * The share of faces that are torn from others because lists of neighbours end too early: all k neighbours reach the threshold, and those behind
 * them that do, too, and lie in other clusters, have more weight than all k. Where somebody's photographs are in parts, each
 * list holds its own part, and the others come behind it; strangers that reach the threshold are few beside that. On LFW, where one
 * person has 530 faces, 2.8 % are torn with 32 neighbours, and none with 48 or more, where that person is whole. Estimated from up to 400 faces.
 * O(400 n dim) time, and nothing where no list is full.
 */
export async function tornShare(
  { features, knn, labels, threshold }: LinkedFaces,
  services: RecallServices,
): Promise<number> {
  const { n, k } = knn;
  const wide = Math.min(farther * k, n - 1);
  if (k === 0 || wide <= k) return 0;
  const full = fullLists(knn, threshold);
  const count = Math.min(full.length, samples);
  const instances = Int32Array.from({ length: count }, (_, q) => full[Math.floor((q * full.length) / count)]);
  const { ids, similarities } = await exactNeighboursOf(instances, features, wide, services);
  let torn = 0;
  instances.forEach((i, q) => {
    let [known, elsewhere] = [0, 0];
    for (let e = i * k; e < (i + 1) * k; e++) known += knn.similarities[e] - threshold;
    for (let e = q * wide + k; e < (q + 1) * wide && similarities[e] >= threshold; e++) {
      if (labels[ids[e]] !== labels[i]) elsewhere += similarities[e] - threshold;
    }
    if (elsewhere > known) torn++;
  });
  return count === 0 ? 0 : (torn / count) * (full.length / n);
}

/** The instances all of whose neighbours reach the threshold. */
function fullLists({ n, k, ids, similarities }: KnnGraph, threshold: number): Int32Array {
  const full = new Int32Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) {
    const last = i * k + k - 1;
    if (ids[last] >= 0 && similarities[last] >= threshold) full[count++] = i;
  }
  return full.subarray(0, count);
}
