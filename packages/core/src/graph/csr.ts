/** A directed graph in compressed rows: the targets of point i are offsets[i] .. offsets[i + 1]. */
export interface Csr {
  readonly n: number;
  /** (n + 1) int32. */
  readonly offsets: Int32Array;
  /** (m) int32. */
  readonly targets: Int32Array;
}

/** A graph and, per link, its place in the graph it was made of: how weights follow. */
export interface ReorderedCsr extends Csr {
  /** (m) int32: link e here was link origins[e] there. */
  readonly origins: Int32Array;
}

/** (n + 1) offsets of a table of n rows with k entries each. */
export function evenOffsets(n: number, k: number, into: Int32Array = new Int32Array(n + 1)): Int32Array {
  for (let i = 0; i <= n; i++) into[i] = i * k;
  return into;
}

/** Turns counts, stored one place to the right (counts[0] = 0), into offsets, in place. */
export function countsToOffsets(counts: Int32Array): Int32Array {
  for (let i = 1; i < counts.length; i++) counts[i] = counts[i] + counts[i - 1];
  return counts;
}

/** Groups a list of (source, target) pairs by source; within a source the order of the list is kept. O(n + m). */
export function csrFromPairs(n: number, sources: ArrayLike<number>, targets: ArrayLike<number>): ReorderedCsr {
  const m = sources.length;
  if (targets.length !== m) throw new RangeError(`${m} sources and ${targets.length} targets`);
  const offsets = new Int32Array(n + 1);
  for (let e = 0; e < m; e++) {
    const i = sources[e];
    if (!(i >= 0 && i < n)) throw new RangeError(`pair ${e}: source ${i} is out of range`);
    offsets[i + 1] = offsets[i + 1] + 1;
  }
  countsToOffsets(offsets);
  const cursor = offsets.slice(0, n);
  const grouped = new Int32Array(m);
  const origins = new Int32Array(m);
  for (let e = 0; e < m; e++) {
    const at = cursor[sources[e]];
    cursor[sources[e]] = at + 1;
    grouped[at] = targets[e];
    origins[at] = e;
  }
  return { n, offsets, targets: grouped, origins };
}

/**
 * Turns every link around; rows of the result ascend. Links to targets below 0 (no neighbour) are left out.
 * Twice transposed is the same graph with sorted rows. O(n + m).
 */
export function transpose(graph: Csr): ReorderedCsr {
  const { n, offsets, targets } = graph;
  const turned = new Int32Array(n + 1);
  for (let e = 0; e < offsets[n]; e++) {
    const j = targets[e];
    if (j >= 0) turned[j + 1] = turned[j + 1] + 1;
  }
  countsToOffsets(turned);
  const cursor = turned.slice(0, n);
  const sources = new Int32Array(turned[n]);
  const origins = new Int32Array(turned[n]);
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      const j = targets[e];
      if (j < 0) continue;
      const at = cursor[j];
      cursor[j] = at + 1;
      sources[at] = i;
      origins[at] = e;
    }
  }
  return { n, offsets: turned, targets: sources, origins };
}
