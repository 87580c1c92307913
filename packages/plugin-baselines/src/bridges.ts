import { csrFromPairs, UnionFind, type Csr, type Features } from '@l2c/core';
import { eachPairBlock, type PairServices } from './pair-blocks.js';

/** Parts of a graph for which a table of their nearest pairs is kept: 12 bytes a pair of parts. */
const mostParts = 1000;

/** Which part of the graph each instance is in, by first appearance. */
export interface Parts {
  readonly values: Int32Array;
  readonly count: number;
}

/** Undirected links, each once, and how similar their ends are. */
export interface Links extends Csr {
  readonly scores: ArrayLike<number>;
}

/** Connected components of undirected links. */
export function partsOf({ n, offsets, targets }: Csr): Parts {
  const sets = new UnionFind(n);
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) sets.union(i, targets[e]);
  }
  const names = new Int32Array(n).fill(-1);
  const values = new Int32Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) {
    const root = sets.find(i);
    if (names[root] === -1) names[root] = count++;
    values[i] = names[root];
  }
  return { values, count };
}

/**
 * Links every two parts of a graph by their nearest pair of instances, ties to the first pair, as scikit-learn completes a
 * connectivity; the graph itself where it is of one part, or of more than 1000. O(n² dim / 2) time.
 */
export async function withBridges(
  features: Features,
  links: Links,
  parts: Parts,
  services: PairServices,
): Promise<Links> {
  const { count } = parts;
  if (count < 2 || count > mostParts) return links;
  const best = new Float32Array(count * count).fill(-Infinity);
  const first = new Int32Array(count * count);
  const second = new Int32Array(count * count);
  await eachPairBlock(features, services, ({ firstRow, rows, firstColumn, columns, products }) => {
    for (let r = 0; r < rows; r++) {
      const i = firstRow + r;
      const part = parts.values[i];
      for (let c = Math.max(0, i + 1 - firstColumn); c < columns; c++) {
        const other = parts.values[firstColumn + c];
        const at = part < other ? part * count + other : other * count + part;
        if (part === other || !(products[r * columns + c] > best[at])) continue;
        best[at] = products[r * columns + c];
        first[at] = i;
        second[at] = firstColumn + c;
      }
    }
  });
  const m = links.targets.length;
  const sources = new Int32Array(m + (count * (count - 1)) / 2);
  const targets = new Int32Array(sources.length);
  for (let i = 0; i < links.n; i++) sources.fill(i, links.offsets[i], links.offsets[i + 1]);
  targets.set(links.targets);
  const scores = new Float32Array(sources.length);
  scores.set(links.scores);
  for (let a = 0, at = m; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      sources[at] = first[a * count + b];
      scores[at] = best[a * count + b];
      targets[at++] = second[a * count + b];
    }
  }
  const graph = csrFromPairs(links.n, sources, targets);
  return { ...graph, scores: Float32Array.from(graph.origins, (e) => scores[e]) };
}
