import type { Csr, GraphBatch, KnnGraph, SparseMatrix } from '@l2c/core';
import { activeConnections } from './active-connections.js';

/** What the sub-graph of an instance is made of. */
export interface PivotSubGraphOptions {
  /** Nearest neighbours of the pivot, and nearest neighbours of each of those. */
  kAtHop: number[];
  /** Nearest neighbours of a node to which it is joined, as far as they are nodes. */
  activeConnections: number;
}

/** Some sub-graphs as one batch, and the instances behind its rows. */
export interface PivotBatch {
  /** `selected` are the rows of the nodes that were asked about, pivot by pivot. */
  readonly graph: GraphBatch & {
    readonly adjacency: SparseMatrix;
    readonly graphs: Int32Array;
    readonly selected: Int32Array;
  };
  /** (rows) int32 the instance of each row. */
  readonly members: Int32Array;
  /** (rows) int32 the pivot of its graph. */
  readonly pivots: Int32Array;
}

/** Rows of a sub-graph that is as large as can be: the reference fills all of its batches up to it. */
export function largestSubGraph([first, second]: readonly number[]): number {
  return first * (second + 1) + 1;
}

/**
 * Makes batches of instance pivot sub-graphs, one sub-graph at a time. Nodes are the pivot, its first kAtHop[0] neighbours
 * (its 1-hop, or all it has) and the first kAtHop[1] neighbours of each of these, none twice. Two nodes are joined where they
 * are in the graph of {@link activeConnections}; rows of the matrix are divided by their sums, without the node itself. A node
 * that is joined to none keeps what it has. Wang et al., CVPR 2019, sec. 3.2.
 *
 * Keeps a stamp per instance, and arrays that grow to the size of a batch.
 */
export class PivotSubGraphs {
  private readonly active: Csr;
  private readonly places: Int32Array;
  private readonly members = new GrowingInts();
  private readonly pivots = new GrowingInts();
  private readonly rowOffsets = new GrowingInts();
  private readonly indices = new GrowingInts();
  private readonly graphs = new GrowingInts();
  private readonly selected = new GrowingInts();

  constructor(
    private readonly knn: KnnGraph,
    private readonly options: PivotSubGraphOptions,
  ) {
    this.active = activeConnections(knn, options.activeConnections);
    this.places = new Int32Array(knn.n).fill(-1);
    this.clear();
  }

  /** Rows of the batch so far. */
  get rows(): number {
    return this.members.length;
  }

  /**
   * Appends the sub-graph of a pivot, of which targets[start] .. targets[end] are asked about: all of them in its 1-hop.
   * O(nodes x active).
   */
  add(pivot: number, targets: Int32Array, start: number, end: number): void {
    const { places, members, pivots } = this;
    const first = members.length;
    this.addNodes(pivot);
    const last = members.length;
    for (let r = first; r < last; r++) {
      pivots.push(pivot);
      this.addRow(r);
    }
    for (let e = start; e < end; e++) {
      const place = places[targets[e]];
      if (place === -1) throw new RangeError(`${targets[e]} is not in the sub-graph of ${pivot}`);
      this.selected.push(place);
    }
    for (let r = first; r < last; r++) places[members.values[r]] = -1;
    this.graphs.push(last);
  }

  /** The batch of what was added, and begins a new one. */
  take(): PivotBatch {
    const rows = this.rows;
    const offsets = this.rowOffsets.copy();
    const indices = this.indices.copy();
    const weights = new Float32Array(indices.length);
    for (let r = 0; r < rows; r++) weights.fill(1 / (offsets[r + 1] - offsets[r]), offsets[r], offsets[r + 1]);
    const batch = {
      graph: {
        adjacency: { rows, columns: rows, offsets, indices, weights },
        graphs: this.graphs.copy(),
        selected: this.selected.copy(),
      },
      members: this.members.copy(),
      pivots: this.pivots.copy(),
    };
    this.clear();
    return batch;
  }

  private clear(): void {
    const { members, pivots, rowOffsets, indices, graphs, selected } = this;
    for (const list of [members, pivots, rowOffsets, indices, graphs, selected]) list.length = 0;
    rowOffsets.push(0);
    graphs.push(0);
  }

  private addNodes(pivot: number): void {
    const [first, second] = this.options.kAtHop;
    this.addNode(pivot);
    const start = this.members.length;
    this.addNeighbours(pivot, first);
    const end = this.members.length;
    for (let r = start; r < end; r++) this.addNeighbours(this.members.values[r], second);
  }

  private addNeighbours(instance: number, most: number): void {
    const { k, ids } = this.knn;
    const end = instance * k + Math.min(k, most);
    for (let e = instance * k; e < end && ids[e] !== -1; e++) this.addNode(ids[e]);
  }

  private addNode(instance: number): void {
    if (this.places[instance] !== -1) return;
    this.places[instance] = this.members.length;
    this.members.push(instance);
  }

  private addRow(r: number): void {
    const { places, indices } = this;
    const { offsets, targets } = this.active;
    const instance = this.members.values[r];
    const before = indices.length;
    for (let e = offsets[instance]; e < offsets[instance + 1]; e++) {
      if (places[targets[e]] !== -1) indices.push(places[targets[e]]);
    }
    if (indices.length === before) indices.push(r);
    this.rowOffsets.push(indices.length);
  }
}

/** A list of int32 that keeps its memory when it is emptied. */
class GrowingInts {
  values = new Int32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Int32Array(2 * this.length);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }

  copy(): Int32Array {
    return this.values.slice(0, this.length);
  }
}
