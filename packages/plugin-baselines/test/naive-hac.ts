import type { Features } from '@l2c/core';

export type Linkage = 'single' | 'complete' | 'average' | 'ward';

/**
 * Hierarchical clustering as its definition has it, every distance from the members, O(n^3 dim): labels once `stop` says so
 * of the next merge's distance and the number of clusters before it. With `links` only linked clusters merge.
 */
export function naiveHac(
  features: Features,
  linkage: Linkage,
  stop: (distance: number, clusters: number) => boolean,
  links?: readonly (readonly [number, number])[],
): number[] {
  let clusters = Array.from({ length: features.n }, (_, i) => [i]);
  const linked = (a: number[], b: number[]): boolean =>
    links === undefined || links.some(([i, j]) => (a.includes(i) && b.includes(j)) || (a.includes(j) && b.includes(i)));
  while (clusters.length > 1) {
    let best: [number, number[], number[]] | undefined;
    for (const [at, a] of clusters.entries()) {
      for (const b of clusters.slice(at + 1)) {
        const distance = distanceOf(features, linkage, a, b);
        if ((best === undefined || distance < best[0]) && linked(a, b)) best = [distance, a, b];
      }
    }
    if (best === undefined || stop(best[0], clusters.length)) break;
    const [, a, b] = best;
    clusters = [...clusters.filter((cluster) => cluster !== a && cluster !== b), [...a, ...b]];
  }
  const labels = new Array<number>(features.n).fill(-1);
  clusters.forEach((cluster, label) => cluster.forEach((i) => (labels[i] = label)));
  return labels;
}

function distanceOf(features: Features, linkage: Linkage, a: number[], b: number[]): number {
  if (linkage === 'ward') {
    let apart = 0;
    for (let c = 0; c < features.dim; c++) {
      const mean = (cluster: number[]): number =>
        cluster.reduce((sum, i) => sum + features.row(i)[c], 0) / cluster.length;
      apart += (mean(a) - mean(b)) ** 2;
    }
    return ((a.length * b.length) / (a.length + b.length)) * apart;
  }
  const distances = a.flatMap((i) => b.map((j) => 1 - features.dot(i, j)));
  if (linkage === 'single') return Math.min(...distances);
  if (linkage === 'complete') return Math.max(...distances);
  return distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
}
