import { dynamicThreshold, type Csr, type ScoredPairs } from '@l2c/core';

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
 * Groups points by links of at least `threshold`, with a threshold that rises where groups are larger than `maxSize`. Rows list their
 * links best first, and may end in targets of -1. A pair that both list hangs together by the higher of two similarities
 * that differ by rounding alone. O(n + m) time, 18 bytes a link that is not cut.
 * Yang et al., "Learning to Cluster Faces on an Affinity Graph", CVPR 2019, sec. 3.2.
 */
export function superVertices(
  links: Csr,
  similarities: Float32Array,
  { threshold, ...levels }: SuperVertexSettings,
): SuperVertices {
  return dynamicThreshold(linksFrom(links, similarities, threshold), levels);
}

/** The links of at least `threshold`: the front of each row. Pairs need not be single for what is made of them. */
function linksFrom({ n, offsets, targets }: Csr, similarities: Float32Array, threshold: number): ScoredPairs {
  const kept = new Int32Array(n + 1);
  let minimum = Infinity;
  for (let i = 0; i < n; i++) {
    let e = offsets[i];
    while (e < offsets[i + 1] && targets[e] !== -1 && similarities[e] >= threshold) e++;
    kept[i + 1] = kept[i] + e - offsets[i];
    if (e > offsets[i] && similarities[e - 1] < minimum) minimum = similarities[e - 1];
  }
  const ends = new Int32Array(kept[n]);
  const scores = new Float32Array(kept[n]);
  for (let i = 0; i < n; i++) {
    const [start, end] = [offsets[i], offsets[i] + kept[i + 1] - kept[i]];
    for (let e = start, at = kept[i]; e < end; e++, at++) {
      ends[at] = targets[e];
      scores[at] = similarities[e];
    }
  }
  return { n, offsets: kept, targets: ends, scores, minimum };
}
