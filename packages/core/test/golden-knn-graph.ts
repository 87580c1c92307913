import { allocateKnnGraph, type KnnGraph } from '../src/data/knn-graph.js';
import type { GoldenKnn } from './golden.js';

/** A golden table as a pipeline would hold it: without the instance itself, float32 similarities, best first. */
export function toKnnGraph(golden: GoldenKnn): KnnGraph {
  const { n, k } = golden;
  const graph = allocateKnnGraph(n, k - 1);
  for (let i = 0; i < n; i++) {
    const row = Array.from({ length: k }, (_, c) => i * k + c)
      .filter((e) => golden.targets[e] !== i && golden.targets[e] !== -1)
      .sort((a, b) => golden.distances[a] - golden.distances[b])
      .slice(0, k - 1);
    row.forEach((e, c) => {
      graph.ids[i * (k - 1) + c] = golden.targets[e];
      graph.similarities[i * (k - 1) + c] = golden.similarities[e];
    });
  }
  return graph;
}
