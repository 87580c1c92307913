import type { ClusterProposals, GraphBatch, KnnGraph, SparseMatrix } from '@l2c/core';

/** Some proposals as one batch of graphs, without padding. */
export interface ClusterBatch {
  readonly graph: GraphBatch & { readonly adjacency: SparseMatrix; readonly graphs: Int32Array };
  /** (rows) int32 the instance of each row; -1 = the row of a graph's seed, its last one. */
  readonly members: Int32Array;
}

/** A range of proposals whose members together are few enough for one batch, or a single one. */
export interface ProposalRange {
  readonly first: number;
  readonly last: number;
}

/** Splits proposals into ranges of at most `rows` members each, in their order. */
export function* proposalRanges({ offsets }: ClusterProposals, rows: number): Generator<ProposalRange> {
  const count = offsets.length - 1;
  for (let first = 0; first < count;) {
    let last = first + 1;
    while (last < count && offsets[last + 1] - offsets[first] <= rows) last++;
    yield { first, last };
    first = last;
  }
}

/**
 * Makes graphs of proposals. The nodes of a proposal's graph are its members, each with a loop of weight 1; two are linked where
 * one lists the other among its neighbours, by their similarity or, without `edgeWeights`, by 1. Each row is divided by its sum.
 * Keeps a place for each instance, so one of them serves all batches.
 */
export class ClusterGraphs {
  private readonly places: Int32Array;
  private ends = new Int32Array(0);
  private values = new Float32Array(0);

  constructor(
    private readonly proposals: ClusterProposals,
    private readonly knn: KnnGraph,
    private readonly edgeWeights: boolean,
  ) {
    this.places = new Int32Array(knn.n).fill(-1);
  }

  /**
   * The proposals of these numbers, in this order. With `seeds`, one place among its members for each, a graph gets a last row that
   * has no neighbours and is everybody's neighbour that the seed is one of, by the same weight: what the first layer makes of
   * its features is added to where the seed is seen. O(rows k) and, for links of
   * which both ends are members, O(k) more.
   */
  batch(numbers: Int32Array, seeds?: Int32Array): ClusterBatch {
    const { offsets, members } = this.proposals;
    const own = seeds === undefined ? 0 : 1;
    const graphs = new Int32Array(numbers.length + 1);
    numbers.forEach((p, at) => (graphs[at + 1] = graphs[at] + offsets[p + 1] - offsets[p] + own));
    const rows = graphs[numbers.length];
    const nodes = new Int32Array(rows).fill(-1);
    const counts = new Int32Array(rows + 1);
    const linkEnds = new Int32Array(numbers.length);
    let links = 0;
    for (let at = 0; at < numbers.length; at++) {
      const [first, end] = [graphs[at], graphs[at + 1] - own];
      nodes.set(members.subarray(offsets[numbers[at]], offsets[numbers[at] + 1]), first);
      const seed = seeds === undefined ? -1 : first + seeds[at];
      const start = links;
      links = this.findLinks(nodes, first, end, start);
      for (let r = first; r < end; r++) counts[r + 1] = r === seed ? 2 : 1;
      for (let e = 2 * start; e < 2 * links; e++) {
        counts[this.ends[e] + 1] += this.ends[e ^ 1] === seed ? 2 : 1;
      }
      linkEnds[at] = links;
    }
    for (let r = 0; r < rows; r++) counts[r + 1] += counts[r];
    const adjacency = this.fill(counts, graphs, linkEnds, seeds);
    return { graph: { adjacency, graphs }, members: nodes };
  }

  /** Notes the links among rows first .. end, as pairs of rows, from number `at` on. Returns where they end. */
  private findLinks(nodes: Int32Array, first: number, end: number, at: number): number {
    const { places } = this;
    const { k, ids, similarities } = this.knn;
    for (let r = first; r < end; r++) places[nodes[r]] = r;
    for (let r = first; r < end; r++) {
      this.makeRoom(at + k);
      const { ends, values } = this;
      const start = nodes[r] * k;
      for (let e = start; e < start + k && ids[e] !== -1; e++) {
        const place = places[ids[e]];
        // a pair that both list was found from the row before
        if (place === -1 || (place < r && this.isListed(nodes[r], ids[e]))) continue;
        ends[2 * at] = r;
        ends[2 * at + 1] = place;
        values[at++] = this.edgeWeights ? similarities[e] : 1;
      }
    }
    for (let r = first; r < end; r++) places[nodes[r]] = -1;
    return at;
  }

  /** Whether an instance is among the neighbours of another. */
  private isListed(instance: number, by: number): boolean {
    const { k, ids } = this.knn;
    for (let e = by * k; e < (by + 1) * k; e++) if (ids[e] === instance) return true;
    return false;
  }

  private fill(offsets: Int32Array, graphs: Int32Array, linkEnds: Int32Array, seeds?: Int32Array): SparseMatrix {
    const { ends, values } = this;
    const rows = offsets.length - 1;
    const indices = new Int32Array(offsets[rows]);
    const weights = new Float32Array(offsets[rows]);
    const sums = new Float64Array(rows);
    const cursor = offsets.slice(0, rows);
    let e = 0;
    for (let at = 0; at < linkEnds.length; at++) {
      const seed = seeds === undefined ? -1 : graphs[at] + seeds[at];
      const extra = graphs[at + 1] - 1;
      const put = (row: number, column: number, weight: number): void => {
        sums[row] += weight;
        indices[cursor[row]] = column;
        weights[cursor[row]++] = weight;
        if (column !== seed) return;
        indices[cursor[row]] = extra;
        weights[cursor[row]++] = weight;
      };
      for (let r = graphs[at]; r < graphs[at + 1] - (seed === -1 ? 0 : 1); r++) put(r, r, 1);
      for (; e < linkEnds[at]; e++) {
        put(ends[2 * e], ends[2 * e + 1], values[e]);
        put(ends[2 * e + 1], ends[2 * e], values[e]);
      }
    }
    for (let r = 0; r < rows; r++) {
      if (sums[r] > 0) for (let entry = offsets[r]; entry < offsets[r + 1]; entry++) weights[entry] /= sums[r];
    }
    return { rows, columns: rows, offsets, indices, weights };
  }

  private makeRoom(links: number): void {
    if (links <= this.values.length) return;
    const length = Math.max(links, 2 * this.values.length, 4096);
    const [ends, values] = [new Int32Array(2 * length), new Float32Array(length)];
    ends.set(this.ends);
    values.set(this.values);
    [this.ends, this.values] = [ends, values];
  }
}
