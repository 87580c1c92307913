import { UnionFind } from '@l2c/core';
import type { Merges } from './merges.js';

/**
 * How the clusters of at least `minSize` instances split while the density that holds them together rises; density is
 * lambda = 1 / distance. Cluster 0 is the root; children have higher numbers than their parents.
 */
export interface DensityTree {
  readonly n: number;
  readonly clusters: number;
  /** (clusters) the cluster it split from, -1 for the root. */
  readonly parents: Int32Array;
  /** (clusters) density at which it split from its parent, 0 for the root. */
  readonly births: Float64Array;
  /** (clusters) instances at birth. */
  readonly sizes: Int32Array;
  /** (clusters) sum over its instances of the density at which they leave it, to noise or to a child, less its birth. */
  readonly stabilities: Float64Array;
  /** (n) the last cluster that each instance is in, and the density at which it falls out of it. */
  readonly lastClusters: Int32Array;
  readonly lastDensities: Float64Array;
  /** The highest density at which anything leaves the root. */
  readonly rootDensity: number;
}

/**
 * Condenses a hierarchy: a part of less than `minSize` instances that splits off is noise from then on, the rest goes on
 * as the same cluster; several larger parts are new clusters. What merges at one distance comes apart at once, so what is
 * at distance 0 never splits. Merges must ascend in distance; what they leave apart is joined at density 0. O(n).
 * Campello, Moulavi and Sander, PAKDD 2013; McInnes and Healy, ICDMW 2017.
 */
export function densityTree(merges: Merges, minSize: number): DensityTree {
  const { n } = merges;
  if (n === 0) throw new RangeError('no instance makes no tree');
  const { left, right, densities, sizes } = nodes(merges);
  const top = 2 * n - 2;
  const most = 1 + 2 * Math.floor(n / minSize);
  const tree = {
    n,
    clusters: 1,
    parents: new Int32Array(most).fill(-1),
    births: new Float64Array(most),
    sizes: new Int32Array(most).fill(n, 0, 1),
    stabilities: new Float64Array(most),
    lastClusters: new Int32Array(n),
    lastDensities: new Float64Array(n),
    rootDensity: 0,
  };
  // What a node is part of, and the density at which it fell out of that, -1 while it did not.
  const clusterOf = new Int32Array(top + 1);
  const parts = new Int32Array(n);
  const stack = new Int32Array(n + 1);
  const fellAt = new Float64Array(top + 1).fill(-1);
  const leave = (node: number, cluster: number, density: number): void => {
    tree.stabilities[cluster] += (density - tree.births[cluster]) * sizes[node];
    if (cluster === 0) tree.rootDensity = Math.max(tree.rootDensity, density);
  };
  /** What comes apart at the node's density, all at once: the order in which equal distances merged does not matter. */
  const partsOf = (node: number): number => {
    let count = 0;
    let height = 1;
    stack[0] = node;
    while (height > 0) {
      const at = stack[--height];
      if (at < n || (at !== node && densities[at - n] !== densities[node - n])) {
        parts[count++] = at;
        continue;
      }
      clusterOf[at] = -1;
      stack[height++] = right[at - n];
      stack[height++] = left[at - n];
    }
    return count;
  };
  for (let node = top; node >= n; node--) {
    const cluster = clusterOf[node];
    if (cluster === -1) continue; // its parts were those of an earlier node
    if (fellAt[node] !== -1) {
      for (const child of [left[node - n], right[node - n]]) {
        clusterOf[child] = cluster;
        fellAt[child] = fellAt[node];
      }
      continue;
    }
    const density = densities[node - n];
    const count = partsOf(node);
    let large = 0;
    for (let p = 0; p < count; p++) if (sizes[parts[p]] >= minSize) large++;
    for (let p = 0; p < count; p++) {
      const part = parts[p];
      clusterOf[part] = cluster;
      if (sizes[part] < minSize) {
        fellAt[part] = density;
        leave(part, cluster, density);
      } else if (large > 1) {
        clusterOf[part] = tree.clusters;
        tree.parents[tree.clusters] = cluster;
        tree.births[tree.clusters] = density;
        tree.sizes[tree.clusters++] = sizes[part];
        leave(part, cluster, density);
      }
    }
  }
  tree.lastClusters.set(clusterOf.subarray(0, n));
  tree.lastDensities.set(fellAt.subarray(0, n));
  return tree;
}

/** The binary tree of all merges: node n + m joins the parts of merge m. */
function nodes({ n, first, second, distances }: Merges): {
  left: Int32Array;
  right: Int32Array;
  densities: Float64Array;
  sizes: Int32Array;
} {
  const left = new Int32Array(n - 1);
  const right = new Int32Array(n - 1);
  const densities = new Float64Array(n - 1);
  const sizes = new Int32Array(2 * n - 1).fill(1, 0, n);
  const sets = new UnionFind(n);
  const nodeOf = new Int32Array(n);
  for (let i = 0; i < n; i++) nodeOf[i] = i;
  let count = 0;
  const join = (a: number, b: number, density: number): void => {
    left[count] = nodeOf[sets.find(a)];
    right[count] = nodeOf[sets.find(b)];
    densities[count] = density;
    sizes[n + count] = sizes[left[count]] + sizes[right[count]];
    nodeOf[sets.union(a, b)] = n + count++;
  };
  for (let m = 0; m < distances.length; m++) join(first[m], second[m], 1 / distances[m]);
  for (let i = 1; i < n; i++) if (sets.find(0) !== sets.find(i)) join(0, i, 0);
  return { left, right, densities, sizes };
}
