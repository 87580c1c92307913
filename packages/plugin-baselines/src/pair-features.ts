import { truncateKnnGraph, type EdgeProposals, type Features, type KnnGraph, type RowSource } from '@l2c/core';
import type { Member } from './committee.js';
import { dot32 } from './dot-rows.js';

/** Instances between two reports. */
const stride = 4096;

/** Called with an instance every few thousand of them: for progress, and to stop. */
export type OnRow = (row: number) => void;

/**
 * What a committee of M members and the base network say of each of m links, a row each of 3 M + 2 columns, in this order:
 * relationship by member, affinity by base and members, structure by base and members. Both directions of a link have the
 * same row. Columns are kept apart, in 7 M + 6 bytes a link.
 * Zhan et al., "Consensus-Driven Propagation in Massive Unlabeled Data for Face Recognition", ECCV 2018, sec. 3.
 */
export class PairFeatures implements RowSource {
  readonly n: number;
  readonly dim: number;

  /**
   * @param relationship (M x m) 1 where one end of the link is among the neighbours that the member lists for the other
   * @param affinity (M + 1 x m) cosine similarity of both ends
   * @param structure (M + 1 x m) instances in the lists of both ends, each of which stands in its own list
   */
  constructor(
    readonly relationship: readonly Uint8Array[],
    readonly affinity: readonly Float32Array[],
    readonly structure: readonly Uint16Array[],
  ) {
    this.n = affinity[0].length;
    this.dim = relationship.length + affinity.length + structure.length;
  }

  copyRows(start: number, end: number, target: Float32Array): void {
    let column = 0;
    for (const values of this.columns()) {
      for (let row = start, at = column; row < end; row++, at += this.dim) target[at] = values[row];
      column++;
    }
  }

  /** Rows in the order given, row-major. */
  gather(rows: Int32Array): Float32Array {
    const { dim } = this;
    const result = new Float32Array(rows.length * dim);
    let column = 0;
    for (const values of this.columns()) {
      for (let r = 0, at = column; r < rows.length; r++, at += dim) result[at] = values[rows[r]];
      column++;
    }
    return result;
  }

  columns(): readonly (Uint8Array | Uint16Array | Float32Array)[] {
    return [...this.relationship, ...this.affinity, ...this.structure];
  }
}

/** Columns of pair features of a committee of so many members. */
export const pairFeatureCount = (members: number): number => 3 * members + 2;

/**
 * Pair features of links whose similarities are those of the base network. Lists of the base are cut to `k` neighbours, as
 * long as those of the members. O(m (k + dim)) time for each member besides what finds its neighbours.
 */
export async function pairFeatures(
  links: EdgeProposals,
  base: KnnGraph,
  members: Iterable<Member> | AsyncIterable<Member>,
  k: number,
  onRow: OnRow = () => undefined,
): Promise<PairFeatures> {
  const own = neighbourhoods(links, truncateKnnGraph(base, k), onRow);
  const relationship: Uint8Array[] = [];
  const affinity: Float32Array[] = [links.similarities];
  const structure: Uint16Array[] = [own.shared];
  for await (const { features, knn } of members) {
    const { listed, shared } = neighbourhoods(links, knn, onRow);
    relationship.push(listed);
    affinity.push(affinities(links, features, onRow));
    structure.push(shared);
  }
  return new PairFeatures(relationship, affinity, structure);
}

/** (m) whether one end lists the other, and how many instances both list, each itself among them. O(m k) time, 4 n bytes. */
export function neighbourhoods(
  { n, offsets, targets }: Pick<EdgeProposals, 'n' | 'offsets' | 'targets'>,
  { k, ids }: KnnGraph,
  onRow: OnRow = () => undefined,
): { listed: Uint8Array; shared: Uint16Array } {
  const listed = new Uint8Array(targets.length);
  const shared = new Uint16Array(targets.length);
  const listedBy = new Int32Array(n).fill(-1);
  for (let i = 0; i < n; i++) {
    if (i % stride === 0) onRow(i);
    listedBy[i] = i;
    for (let at = i * k; at < (i + 1) * k && ids[at] >= 0; at++) listedBy[ids[at]] = i;
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      const j = targets[e];
      let isListed = listedBy[j] === i;
      let count = isListed ? 1 : 0;
      for (let at = j * k; at < (j + 1) * k && ids[at] >= 0; at++) {
        if (ids[at] === i) isListed = true;
        if (listedBy[ids[at]] === i) count++;
      }
      listed[e] = isListed ? 1 : 0;
      shared[e] = count;
    }
  }
  return { listed, shared };
}

/** (m) cosine similarity of the ends of each link, by unit rows. O(m dim). */
export function affinities(
  { n, offsets, targets }: Pick<EdgeProposals, 'n' | 'offsets' | 'targets'>,
  { blocks, rowsPerBlock, dim }: Features,
  onRow: OnRow = () => undefined,
): Float32Array {
  const result = new Float32Array(targets.length);
  for (let i = 0; i < n; i++) {
    if (i % stride === 0) onRow(i);
    const a = blocks[Math.floor(i / rowsPerBlock)];
    const atA = (i % rowsPerBlock) * dim;
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      const j = targets[e];
      result[e] = dot32(a, atA, blocks[Math.floor(j / rowsPerBlock)], (j % rowsPerBlock) * dim, dim);
    }
  }
  return result;
}
