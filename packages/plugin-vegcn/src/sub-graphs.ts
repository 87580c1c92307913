import type { GraphBatch, KnnGraph, SparseMatrix } from '@l2c/core';

/** Which instances get a sub-graph, and of which neighbours. */
export interface SubGraphOptions {
  ignoreRatio: number;
  ignoreSmallConfidence: boolean;
  candidatesOnly: boolean;
}

/** Sub-graphs around pivots: the nodes of graph g are members[offsets[g]] .. members[offsets[g + 1]], nearest first. */
export interface SubGraphs {
  /** (graphs) int32, ascending. */
  readonly pivots: Int32Array;
  /** (graphs + 1) int32. */
  readonly offsets: Int32Array;
  readonly members: Int32Array;
}

/**
 * (n) 1 for the floor(n ratio) instances of smallest (or largest) confidence, ties by the lower id. They link to their nearest
 * more confident neighbour without being looked at closer. O(n log n).
 */
export function ignoredInstances(confidences: Float32Array, ratio: number, small: boolean): Uint8Array {
  const n = confidences.length;
  const order = Int32Array.from({ length: n }, (_, i) => i);
  const sign = small ? 1 : -1;
  order.sort((a, b) => sign * (confidences[a] - confidences[b]) || a - b);
  const ignored = new Uint8Array(n);
  for (const i of order.subarray(0, Math.floor(n * ratio))) ignored[i] = 1;
  return ignored;
}

/**
 * The sub-graph of each instance that is not ignored and has at least two neighbours of strictly larger confidence. Its
 * nodes are these, or, without `candidatesOnly`, the instance and all of its neighbours. O(n (k + log n)).
 */
export function subGraphs(knn: KnnGraph, confidences: Float32Array, options: SubGraphOptions): SubGraphs {
  const { n, k, ids } = knn;
  const ignored = ignoredInstances(confidences, options.ignoreRatio, options.ignoreSmallConfidence);
  const sizes = new Int32Array(n);
  let [graphs, total] = [0, 0];
  for (let i = 0; i < n; i++) {
    if (ignored[i] === 1) continue;
    let [neighbours, candidates] = [0, 0];
    for (let e = i * k; e < (i + 1) * k && ids[e] !== -1; e++) {
      neighbours++;
      if (confidences[ids[e]] > confidences[i]) candidates++;
    }
    if (candidates < 2) continue;
    sizes[i] = options.candidatesOnly ? candidates : neighbours + 1;
    graphs++;
    total += sizes[i];
  }
  const pivots = new Int32Array(graphs);
  const offsets = new Int32Array(graphs + 1);
  const members = new Int32Array(total);
  let [graph, at] = [0, 0];
  for (let i = 0; i < n; i++) {
    if (sizes[i] === 0) continue;
    if (!options.candidatesOnly) members[at++] = i;
    for (let e = i * k; e < (i + 1) * k && ids[e] !== -1; e++) {
      if (!options.candidatesOnly || confidences[ids[e]] > confidences[i]) members[at++] = ids[e];
    }
    pivots[graph++] = i;
    offsets[graph] = at;
  }
  return { pivots, offsets, members };
}

/** Some sub-graphs as one batch, and the instances behind its rows. */
export interface SubGraphBatch {
  readonly graph: GraphBatch & { readonly adjacency: SparseMatrix; readonly graphs: Int32Array };
  /** (rows) int32 the instance of each row. */
  readonly members: Int32Array;
  /** (rows) int32 the pivot of its graph. */
  readonly pivots: Int32Array;
}

/**
 * Makes batches of sub-graphs. The matrix of a sub-graph is what the whole graph's has between its nodes, each row divided by
 * its sum once more. Keeps a stamp per instance, so one of them serves all batches over a graph.
 */
export class SubGraphBatcher {
  private readonly places: Int32Array;
  private indices = new Int32Array(0);
  private weights = new Float32Array(0);

  constructor(
    private readonly all: SubGraphs,
    private readonly adjacency: SparseMatrix,
  ) {
    this.places = new Int32Array(adjacency.rows).fill(-1);
  }

  /** The sub-graphs of these numbers, in this order. O(sum over rows of the row's entries). */
  batch(numbers: Int32Array): SubGraphBatch {
    const { offsets, members, pivots } = this.all;
    const graphs = new Int32Array(numbers.length + 1);
    numbers.forEach((g, at) => (graphs[at + 1] = graphs[at] + offsets[g + 1] - offsets[g]));
    const rows = graphs[numbers.length];
    const nodes = new Int32Array(rows);
    const nodePivots = new Int32Array(rows);
    const rowOffsets = new Int32Array(rows + 1);
    for (let at = 0; at < numbers.length; at++) {
      const g = numbers[at];
      const first = graphs[at];
      nodes.set(members.subarray(offsets[g], offsets[g + 1]), first);
      nodePivots.fill(pivots[g], first, graphs[at + 1]);
      for (let r = first; r < graphs[at + 1]; r++) this.places[nodes[r]] = r;
      for (let r = first; r < graphs[at + 1]; r++) rowOffsets[r + 1] = this.addRow(nodes[r], rowOffsets[r]);
      for (let r = first; r < graphs[at + 1]; r++) this.places[nodes[r]] = -1;
    }
    const entries = rowOffsets[rows];
    const adjacency = {
      rows,
      columns: rows,
      offsets: rowOffsets,
      indices: this.indices.slice(0, entries),
      weights: this.weights.slice(0, entries),
    };
    return { graph: { adjacency, graphs }, members: nodes, pivots: nodePivots };
  }

  /** Appends the row of an instance, restricted to the instances that have a place. Returns where it ends. */
  private addRow(instance: number, start: number): number {
    const { offsets, indices, weights } = this.adjacency;
    this.makeRoom(start + offsets[instance + 1] - offsets[instance]);
    let [end, sum] = [start, 0];
    for (let e = offsets[instance]; e < offsets[instance + 1]; e++) {
      const place = this.places[indices[e]];
      if (place === -1) continue;
      this.indices[end] = place;
      this.weights[end++] = weights[e];
      sum += weights[e];
    }
    if (sum > 0) for (let e = start; e < end; e++) this.weights[e] /= sum;
    return end;
  }

  private makeRoom(entries: number): void {
    if (entries <= this.indices.length) return;
    const length = Math.max(entries, 2 * this.indices.length, 4096);
    const [indices, weights] = [new Int32Array(length), new Float32Array(length)];
    indices.set(this.indices);
    weights.set(this.weights);
    [this.indices, this.weights] = [indices, weights];
  }
}
