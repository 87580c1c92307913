import { membersOf } from '../../../cluster/cluster-splits.js';

const last = 2 ** 31 - 1;

/** Which faces are looked at first, over several pipelines: those of links to decide on, then the most typical of each cluster, then the next. */
export class FaceOrder {
  /** (n) 0 for faces that are asked about, 1 for the most typical of a cluster ...; singles last. */
  private readonly ranks: Int32Array;
  /** (n) size of the cluster in which a face has that rank. */
  private readonly weights: Int32Array;

  constructor(n: number) {
    this.ranks = new Int32Array(n).fill(last);
    this.weights = new Int32Array(n);
  }

  /** Faces of one pipeline: clusters by `labels`, the most typical by `fits`; `asked` are instances. O(n log n). */
  add(labels: Int32Array, sizes: Int32Array, fits: Float32Array, asked: Iterable<number>): void {
    const { ranks, weights } = this;
    const { offsets, list } = membersOf(labels, sizes);
    for (let cluster = 0; cluster < sizes.length; cluster++) {
      if (sizes[cluster] < 2) continue;
      const members = list.slice(offsets[cluster], offsets[cluster + 1]).sort((a, b) => fits[b] - fits[a] || a - b);
      members.forEach((face, place) => {
        if (place + 1 >= ranks[face]) return;
        ranks[face] = place + 1;
        weights[face] = sizes[cluster];
      });
    }
    for (const face of asked) ranks[face] = 0;
  }

  /** (n) instances, the first ones first; of one rank those of large clusters. */
  order(): Int32Array {
    const { ranks, weights } = this;
    return Int32Array.from(ranks.keys()).sort((a, b) => ranks[a] - ranks[b] || weights[b] - weights[a] || a - b);
  }
}
