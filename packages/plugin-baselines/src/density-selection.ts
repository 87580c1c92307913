import type { DensityTree } from './density-tree.js';

/** Which clusters of a tree become the result. Distances are Euclidean, like those of the tree. */
export interface SelectionOptions {
  /** `eom`: the clusters of the most stability in sum; `leaf`: those that split no further. */
  readonly selection: 'eom' | 'leaf';
  /** Clusters of more instances are not taken by `eom`; 0 = any. */
  readonly maxSize: number;
  /** Clusters that split at a distance below this stay one. */
  readonly epsilon: number;
  /** Lets the root be a cluster. */
  readonly allowSingle: boolean;
}

/** (n) the selected cluster of each instance, -1 = noise. O(n + clusters). As scikit-learn's HDBSCAN. */
export function selectClusters(tree: DensityTree, options: SelectionOptions): Int32Array {
  const chosen = options.selection === 'eom' ? byStability(tree, options) : leaves(tree, options);
  const selected = options.epsilon === 0 ? chosen : merged(tree, chosen, options);
  const owners = new Int32Array(tree.clusters);
  for (let c = 0; c < tree.clusters; c++) {
    owners[c] = selected[c] === 1 ? c : c === 0 ? -1 : owners[tree.parents[c]];
  }
  const labels = tree.lastClusters.map((cluster) => owners[cluster]);
  if (selected[0] === 1) {
    // The root holds everything: of it only what is dense enough is a cluster.
    const least = options.epsilon === 0 ? tree.rootDensity : 1 / options.epsilon;
    for (let i = 0; i < tree.n; i++) if (!(tree.lastDensities[i] >= least)) labels[i] = -1;
  }
  return labels;
}

/** From the smallest up: a cluster stays where its children are not more stable in sum; 1 = selected. */
function byStability(tree: DensityTree, { maxSize, allowSingle }: SelectionOptions): Uint8Array {
  const { clusters, parents, sizes, stabilities } = tree;
  const inSum = new Float64Array(clusters);
  const selected = new Uint8Array(clusters);
  for (let c = clusters - 1; c >= 0; c--) {
    const mayBe = (c > 0 || allowSingle) && (maxSize === 0 || sizes[c] <= maxSize);
    const stays = mayBe && !(inSum[c] > stabilities[c]);
    selected[c] = stays ? 1 : 0;
    if (c > 0) inSum[parents[c]] += stays ? stabilities[c] : inSum[c];
  }
  // Of those that stay, the uppermost.
  const covered = new Uint8Array(clusters);
  for (let c = 1; c < clusters; c++) {
    covered[c] = covered[parents[c]] | selected[parents[c]];
    if (covered[c] === 1) selected[c] = 0;
  }
  return selected;
}

function leaves({ clusters, parents }: DensityTree, { allowSingle }: SelectionOptions): Uint8Array {
  const selected = new Uint8Array(clusters).fill(1);
  for (let c = 1; c < clusters; c++) selected[parents[c]] = 0;
  if (!allowSingle) selected[0] = 0;
  return selected;
}

/**
 * Replaces clusters that were born at a distance below `epsilon` by the nearest ancestor that was not; below the root, by
 * the root if it may be a cluster, else by its child. Malzer and Baum, "A Hybrid Approach to Hierarchical Density-Based
 * Cluster Selection", 2020.
 */
function merged(tree: DensityTree, chosen: Uint8Array, { epsilon, allowSingle }: SelectionOptions): Uint8Array {
  const { clusters, parents, births } = tree;
  if (chosen[0] === 1) return chosen;
  const selected = new Uint8Array(clusters);
  for (let c = 1; c < clusters; c++) {
    if (chosen[c] === 0) continue;
    let at = c;
    if (1 / births[c] < epsilon) {
      while (at > 0 && !(1 / births[at] > epsilon)) {
        if (parents[at] === 0 && !allowSingle) break;
        at = parents[at];
      }
    }
    selected[at] = 1;
  }
  const covered = new Uint8Array(clusters);
  for (let c = 1; c < clusters; c++) {
    covered[c] = covered[parents[c]] | selected[parents[c]];
    if (covered[c] === 1) selected[c] = 0;
  }
  return selected;
}
