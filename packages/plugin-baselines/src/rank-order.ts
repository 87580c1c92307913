import {
  defineStage,
  expectEdges,
  sharedFloat32,
  type EdgeProposals,
  type KnnGraph,
  type OptionsSchema,
  type Proposals,
  type Scorer,
  type Scores,
  type Services,
  type StageContext,
} from '@l2c/core';

export type RankOrderOptions = Record<never, never>;

const options: OptionsSchema<RankOrderOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {},
  required: [],
};

/** Distance of a link whose ends don't list each other. */
const apart = 9999;

/** Rows between looks at the signal. */
const stride = 2048;

/**
 * (m) float32: 1 - the approximate rank-order distance of each link, parallel to `edges`. With F_i the list of i, itself in front
 * and then its neighbours, c the place of j in F_i and q that of i in F_j (the instance itself has place 0),
 *
 *     d(i, j) = (|first c of F_i, not in F_j| + |first q + 1 of F_j, not in F_i|) / min(c, q + 1)
 *
 * and 9999 where one does not list the other. It counts, so it is 0 where both see the same neighbours first, and above 1 where
 * most of them differ. O(m k) time, 8 n bytes. Otto, Wang & Jain, "Clustering Millions of Faces by Identity", TPAMI 2018, sec. 4.
 */
export function rankOrderScores(
  edges: EdgeProposals,
  knn: KnnGraph,
  onRow: (row: number) => void = () => undefined,
): Float32Array<SharedArrayBuffer> {
  const { n, offsets, targets } = edges;
  const { k, ids } = knn;
  const scores = sharedFloat32(targets.length);
  // Place of an instance in the list of i, itself 0, valid where `owner` says i.
  const place = new Int32Array(n);
  const owner = new Int32Array(n).fill(-1);
  for (let i = 0; i < n; i++) {
    if (i % stride === 0) onRow(i);
    place[i] = 0;
    owner[i] = i;
    for (let c = 0; c < k; c++) {
      const j = ids[i * k + c];
      if (j < 0) break;
      place[j] = c + 1;
      owner[j] = i;
    }
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      const j = targets[e];
      scores[e] = 1 - (j >= 0 && owner[j] === i && j !== i ? distance(knn, i, j, place, owner) : apart);
    }
  }
  return scores;
}

/** One pass over the list of j: where i stands in it, and what both lists share before that and before the place of j. */
function distance({ k, ids }: KnnGraph, i: number, j: number, place: Int32Array, owner: Int32Array): number {
  const c = place[j];
  let listed = 0; // place of i in the list of j
  let sharedEarly = 0; // of the first c of F_i, those in F_j
  let sharedBefore = 1; // of the first q + 1 of F_j, those in F_i; j itself is
  for (let q = 0; q < k; q++) {
    const x = ids[j * k + q];
    if (x < 0) break;
    if (owner[x] !== i) continue;
    if (place[x] < c) sharedEarly++;
    if (listed === 0) {
      sharedBefore++;
      if (x === i) listed = q + 1;
    }
  }
  if (listed === 0) return apart;
  return (c - sharedEarly + (listed + 1 - sharedBefore)) / Math.min(c, listed + 1);
}

class RankOrder implements Scorer {
  constructor(private readonly services: Pick<Services, 'progress' | 'signal'>) {}

  score(proposals: Proposals, { knn }: StageContext, previousScores: Scores): Scores {
    const edges = expectEdges(proposals, 'rank-order');
    if (knn === undefined) throw new RangeError('rank-order needs a knn graph');
    const { progress, signal } = this.services;
    const scores = rankOrderScores(edges, knn, (row) => {
      signal.throwIfAborted();
      progress.update(row, edges.n);
    });
    return { ...previousScores, proposals: scores };
  }
}

export const rankOrderStage = defineStage({
  kind: 'scorer',
  type: 'rank-order',
  proposals: 'edges',
  knn: true,
  summary: 'Scores links by how many neighbours their ends share, in the order in which they list them.',
  cost: 'O(m k) time, 8 n bytes',
  reference: 'Otto, Wang & Jain, Clustering Millions of Faces by Identity, TPAMI 2018, sec. 4',
  options,
  create: (_: RankOrderOptions, services: Services) => new RankOrder(services),
});
