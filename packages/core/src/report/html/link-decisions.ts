import type { KnnGraph } from '../../data/knn-graph.js';
import type { Proposals } from '../../data/proposals.js';
import type { Forest } from '../../graph/spanning-forest.js';
import type { RoundState } from '../../pipeline/run.js';
import { packIntegers, packReals } from './pack.js';
import type { DecisionsData } from './report-data.js';

/** What the stages of the last round made of each link of a forest: places among neighbours, proposals, confidences. O(n k). */
export function linkDecisions({ parents }: Forest, { knn, proposals, scores }: RoundState): DecisionsData {
  const n = parents.length;
  const [forth, back] = [new Int32Array(n), new Int32Array(n)];
  const ways = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const parent = parents[i];
    if (parent === -1) continue;
    if (knn !== undefined) {
      forth[i] = placeOf(knn, i, parent);
      back[i] = placeOf(knn, parent, i);
    }
    if (proposals.kind === 'edges')
      ways[i] = Number(links(proposals, i, parent)) + 2 * Number(links(proposals, parent, i));
  }
  return {
    ranks: knn && { k: knn.k, forth: packIntegers(forth), back: packIntegers(back) },
    ways: proposals.kind === 'edges' ? packIntegers(ways) : undefined,
    confidences: scores.vertices && packReals(scores.vertices, 0.001),
  };
}

/** From 1; 0 where it is no neighbour. */
function placeOf({ k, ids }: KnnGraph, of: number, face: number): number {
  for (let at = of * k; at < (of + 1) * k; at++) if (ids[at] === face) return at - of * k + 1;
  return 0;
}

function links({ offsets, targets }: Extract<Proposals, { kind: 'edges' }>, from: number, to: number): boolean {
  for (let e = offsets[from]; e < offsets[from + 1]; e++) if (targets[e] === to) return true;
  return false;
}
