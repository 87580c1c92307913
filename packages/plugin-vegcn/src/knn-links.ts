import { evenOffsets, type EdgeProposals, type KnnGraph } from '@l2c/core';

/** Every place of a graph as a link, an empty one leading to -1. Nothing is copied. */
export function knnLinks({ n, k, ids, similarities }: KnnGraph): EdgeProposals {
  return { kind: 'edges', n, offsets: evenOffsets(n, k), targets: ids, similarities };
}
