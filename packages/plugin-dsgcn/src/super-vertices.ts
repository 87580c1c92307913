import { dynamicThreshold, undirectedPairs, type Csr } from '@l2c/core';

/** How super vertices are made of links. */
export interface SuperVertexSettings {
  /** Links of a lower similarity are cut before all else. */
  readonly threshold: number;
  /** How far the threshold moves towards 1 at each level. */
  readonly step: number;
  /** Larger groups are taken apart. */
  readonly maxSize: number;
  /** Levels after which what is still larger is left as one. */
  readonly maxIterations: number;
}

export interface SuperVertices {
  /** (n) group of each point, 0 .. count - 1 by first appearance; -1 = it has no link. */
  readonly components: Int32Array;
  readonly count: number;
  /** Points that the last level left in one group, whatever its size; 0 = the levels sufficed. */
  readonly forced: number;
}

/**
 * Groups points by links of at least `threshold`, with a threshold that rises where groups are larger than `maxSize`. A pair that
 * both list has the similarity the row listed first gives it. O(n + m) time.
 * Yang et al., "Learning to Cluster Faces on an Affinity Graph", CVPR 2019, sec. 3.2.
 */
export function superVertices(
  links: Csr,
  similarities: Float32Array,
  { threshold, ...levels }: SuperVertexSettings,
): SuperVertices {
  return dynamicThreshold(undirectedPairs(links, similarities, 'first', threshold), levels);
}
