/** Pairs of groups of faces that were joined, or could have been. Arrays are by pair. */
export interface Joins {
  /** Clusters that the groups are of, or are; the same where they were joined. */
  readonly clusters: readonly [Int32Array, Int32Array];
  /** Faces of the groups. */
  readonly sizes: readonly [Int32Array, Int32Array];
  /** Mean cosine of a face of the one with one of the other. */
  readonly across: Float32Array;
  /** Mean cosine of two faces of one group, of both by their pairs; NaN of two single faces. */
  readonly inside: Float32Array;
  /** Cosine of the best link between them. */
  readonly best: Float32Array;
}

/** Zeros for so many pairs. */
export function emptyJoins(count: number): Joins {
  const ints = (): [Int32Array, Int32Array] => [new Int32Array(count), new Int32Array(count)];
  const floats = (): Float32Array => new Float32Array(count);
  return { clusters: ints(), sizes: ints(), across: floats(), inside: floats(), best: floats() };
}

/** Fills in a pair; cosines of pairs across, and of all ordered pairs inside, are sums. */
export function setJoin(
  joins: Joins,
  at: number,
  clusters: readonly [number, number],
  sizes: readonly [number, number],
  acrossSum: number,
  insideSum: number,
  best: number,
): void {
  const [a, b] = sizes;
  const insidePairs = a * (a - 1) + b * (b - 1);
  for (const side of [0, 1]) {
    joins.clusters[side][at] = clusters[side];
    joins.sizes[side][at] = sizes[side];
  }
  joins.across[at] = acrossSum / (a * b);
  joins.inside[at] = insidePairs === 0 ? NaN : insideSum / insidePairs;
  joins.best[at] = best;
}
