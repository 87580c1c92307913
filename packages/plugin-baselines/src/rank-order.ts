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
 * most of them differ. O(m k) time, 4 n bytes. Otto, Wang & Jain, "Clustering Millions of Faces by Identity", TPAMI 2018, sec. 4.
 */
export function rankOrderScores(
  edges: EdgeProposals,
  knn: KnnGraph,
  onRow: (row: number) => void = () => undefined,
): Float32Array<SharedArrayBuffer> {
  const { n, offsets, targets } = edges;
  const { k, ids } = knn;
  const scores = sharedFloat32(targets.length);
  // 1 + the place of an instance in the list of i, itself in front; 0 where it is not listed.
  const place = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    if (i % stride === 0) onRow(i);
    place[i] = 1;
    let c = 0;
    for (; c < k && ids[i * k + c] >= 0; c++) place[ids[i * k + c]] = c + 2;
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      const j = targets[e];
      scores[e] = 1 - (j >= 0 && j !== i && place[j] > 0 ? distance(ids, k, i, j, place) : apart);
    }
    place[i] = 0;
    while (c > 0) place[ids[i * k + --c]] = 0;
  }
  return scores;
}

/** One pass over the list of j: where i stands in it, and what both lists share before that and before the place of j. */
function distance(ids: Int32Array, k: number, i: number, j: number, place: Int32Array): number {
  const c = place[j];
  const end = (j + 1) * k;
  let sharedEarly = 0; // of the first c of F_i, those in F_j
  let shared = 1; // of F_j up to here, those in F_i; j itself is
  let at = j * k;
  for (; at < end && ids[at] !== i; at++) {
    const x = ids[at];
    if (x < 0) return apart;
    const p = place[x];
    if (p > 0) shared++;
    if (p > 0 && p < c) sharedEarly++;
  }
  if (at === end) return apart;
  const length = at - j * k + 2; // q + 1, where i stands at place q
  shared++;
  sharedEarly++; // i itself, in front of F_i
  for (at++; at < end && ids[at] >= 0; at++) {
    const p = place[ids[at]];
    if (p > 0 && p < c) sharedEarly++;
  }
  return (c - 1 - sharedEarly + length - shared) / Math.min(c - 1, length);
}

class RankOrder implements Scorer {
  constructor(private readonly services: Pick<Services, 'progress' | 'signal'>) {}

  score(proposals: Proposals, { knn }: StageContext, previousScores: Scores): Scores {
    const edges = expectEdges(proposals, 'rank-order');
    if (knn === undefined) throw new RangeError('rank-order needs a knn graph');
    const { progress, signal } = this.services;
    const scores = rankOrderScores(edges, knn, (row) => {
      signal.throwIfAborted();
      progress.update(row, edges.n, 'faces');
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
  cost: 'O(m k) time, 4 n bytes',
  reference: 'Otto, Wang & Jain, Clustering Millions of Faces by Identity, TPAMI 2018, sec. 4',
  options,
  create: (_: RankOrderOptions, services: Services) => new RankOrder(services),
});
