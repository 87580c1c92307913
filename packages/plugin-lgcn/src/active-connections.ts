import { transpose, type Csr, type KnnGraph } from '@l2c/core';

/**
 * The graph of active connections: u and v are joined where one is among the first `active` neighbours of the other. Without
 * directions, every pair listed by both of its ends. Wang et al., CVPR 2019, sec. 3.2, step 3. O(n active).
 */
export function activeConnections(knn: KnnGraph, active: number): Csr {
  const listed = firstNeighbours(knn, active);
  const listing = transpose(listed);
  const { n } = knn;
  const offsets = new Int32Array(n + 1);
  const targets = new Int32Array(2 * listed.targets.length);
  const seen = new Int32Array(n).fill(-1);
  let end = 0;
  for (let i = 0; i < n; i++) {
    for (const { offsets: bounds, targets: others } of [listed, listing]) {
      for (let e = bounds[i]; e < bounds[i + 1]; e++) {
        const j = others[e];
        if (seen[j] === i) continue;
        seen[j] = i;
        targets[end++] = j;
      }
    }
    offsets[i + 1] = end;
  }
  return { n, offsets, targets: targets.slice(0, end) };
}

/** The first `most` neighbours of each instance, or as many as it has. */
export function firstNeighbours({ n, k, ids }: KnnGraph, most: number): Csr {
  const width = Math.min(k, most);
  const offsets = new Int32Array(n + 1);
  const targets = new Int32Array(n * width);
  let end = 0;
  for (let i = 0; i < n; i++) {
    for (let e = i * k; e < i * k + width && ids[e] !== -1; e++) targets[end++] = ids[e];
    offsets[i + 1] = end;
  }
  return { n, offsets, targets: targets.slice(0, end) };
}
