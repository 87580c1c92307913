import { allocateKnnGraph, type KnnGraph, type NpyArray } from '@l2c/core';

/** The tables of the golden run as graphs: the instance itself left out, the first `width` columns. */
export function graphFrom(arrays: Map<string, NpyArray>, name: string, width: number): KnnGraph {
  const ids = arrays.get(`${name}_idx`)!;
  const distances = arrays.get(`${name}_dist`)!;
  const [n, columns] = ids.shape;
  const graph = allocateKnnGraph(n, width - 1);
  for (let i = 0; i < n; i++) {
    let at = i * graph.k;
    for (let c = 0; c < width; c++) {
      const id = Number(ids.data[i * columns + c]);
      if (id === i || at === (i + 1) * graph.k) continue;
      graph.ids[at] = id;
      graph.similarities[at++] = Math.fround(1 - Number(distances.data[i * columns + c]));
    }
  }
  return graph;
}
