import type { Features } from '@l2c/core';

interface Cluster {
  readonly members: readonly number[];
  readonly children: Cluster[];
  stability: number;
}

/** HDBSCAN as its definition has it: components of the mutual reachability graph at each distance. (n) labels, -1 = noise. */
export function naiveHdbscan(
  features: Features,
  options: { minSize: number; minPoints: number; selection: 'eom' | 'leaf' },
): number[] {
  const { n } = features;
  const all = Array.from({ length: n }, (_, i) => i);
  const euclidean = (i: number, j: number): number =>
    Math.hypot(...features.row(i).map((x, c) => x - features.row(j)[c]));
  const cores = all.map((i) => all.map((j) => euclidean(i, j)).sort((a, b) => a - b)[options.minPoints - 1]);
  const reach = (i: number, j: number): number => Math.max(euclidean(i, j), cores[i], cores[j]);
  const root = grow(all, 0, options.minSize, all.map((i) => all.map((j) => reach(i, j)))); // prettier-ignore
  const labels = new Array<number>(n).fill(-1);
  const best = options.selection === 'eom' ? mostStable : leaves;
  root.children
    .flatMap((child) => best(child))
    .forEach((cluster, label) => cluster.members.forEach((i) => (labels[i] = label)));
  return labels;
}

function grow(members: readonly number[], birth: number, minSize: number, reach: readonly number[][]): Cluster {
  const cluster: Cluster = { members, children: [], stability: 0 };
  let left = members;
  for (;;) {
    const [distance, parts] = split(left, reach);
    const density = 1 / distance;
    const large = parts.filter((part) => part.length >= minSize);
    const leaving = large.length === 1 ? left.length - large[0].length : left.length;
    cluster.stability += leaving * (density - birth);
    if (large.length !== 1) {
      cluster.children.push(...large.map((part) => grow(part, density, minSize, reach)));
      return cluster;
    }
    left = large[0];
  }
}

/** The largest distance at which the members come apart when links of that distance are cut, and into what. */
function split(members: readonly number[], reach: readonly number[][]): [number, number[][]] {
  const distances = members.flatMap((i) => members.filter((j) => j > i).map((j) => reach[i][j]));
  for (const distance of [...new Set(distances)].sort((a, b) => b - a)) {
    const parts = components(members, (i, j) => reach[i][j] < distance);
    if (parts.length > 1) return [distance, parts];
  }
  throw new RangeError('a single member does not split');
}

function components(members: readonly number[], linked: (i: number, j: number) => boolean): number[][] {
  const open = new Set(members);
  const parts: number[][] = [];
  for (const start of members) {
    if (!open.delete(start)) continue;
    const part = [start];
    for (const i of part) for (const j of open) if (linked(i, j) && open.delete(j)) part.push(j);
    parts.push(part);
  }
  return parts;
}

function mostStable(cluster: Cluster): Cluster[] {
  const below = cluster.children.flatMap((child) => mostStable(child));
  const sum = below.reduce((total, child) => total + child.stability, 0);
  return sum > cluster.stability ? below : [cluster];
}

function leaves(cluster: Cluster): Cluster[] {
  return cluster.children.length === 0 ? [cluster] : cluster.children.flatMap((child) => leaves(child));
}
