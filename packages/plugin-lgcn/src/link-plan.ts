import { transpose, type EdgeProposals, type KnnGraph } from '@l2c/core';

/** Which links are scored in the sub-graph of their source, and which take the score of the same pair in the other direction. */
export interface LinkPlan {
  /** (n + 1) int32: links[offsets[i]] .. links[offsets[i + 1]] are those scored in the sub-graph of instance i. */
  readonly offsets: Int32Array;
  readonly links: Int32Array;
  /** (links scored) int32 their targets. */
  readonly targets: Int32Array;
  /** (m) int32 the link whose score each link takes: itself where it is scored, -1 where no sub-graph holds the pair. */
  readonly from: Int32Array;
}

/**
 * Scored is a link whose target is in the 1-hop of its source, one of the first `hop` neighbours. Any other takes the score of
 * the same pair from the other end, where that is scored. Without `bothDirections` a pair that both ends could score is scored
 * in the sub-graph of the lower id alone. O(m), 16 bytes a link.
 */
export function planLinks(edges: EdgeProposals, knn: KnnGraph, hop: number, bothDirections: boolean): LinkPlan {
  const { n, offsets, targets } = edges;
  const within = linksWithin(edges, knn, hop);
  const from = Int32Array.from(within, (isWithin, e) => (isWithin === 1 ? e : -1));
  if (!bothDirections || within.includes(0)) {
    eachMutualPair(edges, (source, link, target, opposite) => {
      if (within[link] === 0) {
        if (within[opposite] === 1) from[link] = opposite;
      } else if (!bothDirections && within[opposite] === 1 && target < source) from[link] = opposite;
    });
  }
  const bounds = new Int32Array(n + 1);
  const links = new Int32Array(targets.length);
  let end = 0;
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) if (from[e] === e) links[end++] = e;
    bounds[i + 1] = end;
  }
  const scored = links.slice(0, end);
  return { offsets: bounds, links: scored, targets: scored.map((e) => targets[e]), from };
}

/** (m) 1 for links to one of the first `hop` neighbours. */
function linksWithin({ n, offsets, targets }: EdgeProposals, { k, ids }: KnnGraph, hop: number): Uint8Array {
  const within = new Uint8Array(targets.length);
  const seen = new Int32Array(n).fill(-1);
  const width = Math.min(k, hop);
  for (let i = 0; i < n; i++) {
    for (let e = i * k; e < i * k + width && ids[e] !== -1; e++) seen[ids[e]] = i;
    for (let e = offsets[i]; e < offsets[i + 1]; e++) if (seen[targets[e]] === i) within[e] = 1;
  }
  return within;
}

/** Each link whose pair is also proposed in the other direction, with that link. */
function eachMutualPair(
  edges: EdgeProposals,
  use: (source: number, link: number, target: number, opposite: number) => void,
): void {
  const { n, offsets, targets } = edges;
  const incoming = transpose(edges);
  const source = new Int32Array(n).fill(-1);
  const link = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    for (let e = incoming.offsets[i]; e < incoming.offsets[i + 1]; e++) {
      source[incoming.targets[e]] = i;
      link[incoming.targets[e]] = incoming.origins[e];
    }
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      if (source[targets[e]] === i) use(i, e, targets[e], link[targets[e]]);
    }
  }
}
