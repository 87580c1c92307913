import {
  exactNeighbours,
  heldOutInstances,
  problem,
  selectRows,
  type EdgeProposals,
  type Features,
  type KnnGraph,
  type Services,
  type TrainingExample,
} from '@l2c/core';
import { knnLinks } from './knn-links.js';

/** The held-out identities of an example as a data set of their own, with neighbours among themselves. */
export interface HeldOutFaces {
  readonly features: Features;
  readonly knn: KnnGraph;
  readonly edges: EdgeProposals;
  readonly truth: Int32Array;
  /** The confidences of earlier scorers. */
  readonly vertices: Float32Array | undefined;
}

/**
 * What weights are judged on at the end of a training, a set per example: they meet it as they would meet new data. Identities are
 * held out as training draws them. An exact search, O(m² dim) for m instances.
 *
 * @throws L2cError E_CONFIG where nothing is held out, E_DATA where less than two identities are
 */
export async function heldOutFaces(
  examples: readonly TrainingExample[],
  options: { readonly validation: number; readonly seed: number },
  services: Services,
  stage: string,
): Promise<HeldOutFaces[]> {
  const sets: HeldOutFaces[] = [];
  for (const example of examples) sets.push(await heldOutSet(example, options, services, stage));
  return sets;
}

async function heldOutSet(
  { context: { features, knn, truth }, previousScores }: TrainingExample,
  { validation, seed }: { readonly validation: number; readonly seed: number },
  services: Services,
  stage: string,
): Promise<HeldOutFaces> {
  if (knn === undefined) throw new RangeError(`${stage} without a kNN graph`);
  if (validation === 0) {
    const fact = 'fallback: raw is judged on identities held out, and none are';
    throw problem('E_CONFIG', stage, fact, 'set validation to their share, for example 0.2');
  }
  const held = heldOutInstances(truth, validation, services.random(seed));
  const rows = Int32Array.from(truth.keys()).filter((i) => held[i] === 1);
  const names = Int32Array.from(rows, (row) => truth[row]);
  if (new Set(names).size < 2) {
    const fact = 'can not be judged for fallback: raw: fewer than two identities are held out';
    throw problem('E_DATA', stage, fact, 'raise validation, give more identities, or set fallback: none');
  }
  const own = selectRows(features, rows);
  const graph = await exactNeighbours(own, Math.min(knn.k, rows.length - 1), services);
  const { vertices } = previousScores;
  return {
    features: own,
    knn: graph,
    edges: knnLinks(graph),
    truth: names,
    vertices: vertices && Float32Array.from(rows, (row) => vertices[row]),
  };
}
