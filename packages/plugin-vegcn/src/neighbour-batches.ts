import { epochSteps, gatherRows, type Features, type Random, type SparseMatrix, type TrainingBatch } from '@l2c/core';

/** A step over all instances of a data set. */
export interface WholeGraph extends TrainingBatch {
  readonly source: Features;
  readonly graph: { readonly adjacency: SparseMatrix };
  readonly heldOut: Float32Array;
}

/** Some instances of a graph, and what propagates to them. */
export interface Neighbourhood {
  /** (nodes) int32 instances behind the rows: those asked for in their order, then their neighbours. */
  readonly nodes: Int32Array;
  /** (instances x nodes) float32. */
  readonly adjacency: SparseMatrix;
}

/**
 * Draws neighbours at random: of each instance `fanout` of those it propagates from, all where it has no more or `fanout` is 0,
 * itself always. Weights of drawn neighbours grow by how many they stand for, so that the expected sum is that of the
 * whole graph. Hamilton et al., Inductive Representation Learning on Large Graphs, NIPS 2017, sec. 3.2. Keeps a stamp per instance.
 */
export class NeighbourSampler {
  private readonly places: Int32Array;
  private drawn = new Int32Array(0);

  constructor(
    private readonly all: SparseMatrix,
    private readonly fanout: number,
  ) {
    this.places = new Int32Array(all.rows).fill(-1);
  }

  /** `instances` must differ from each other. O(sum over instances of their links). */
  sample(instances: Int32Array, random: Random): Neighbourhood {
    const { offsets, weights } = this.all;
    const rows = instances.length;
    const most = instances.reduce((sum, i) => sum + this.taken(offsets[i + 1] - offsets[i]), 0);
    const nodes = new Int32Array(rows + most);
    nodes.set(instances);
    instances.forEach((i, place) => (this.places[i] = place));
    const indices = new Int32Array(most);
    const scaled = new Float32Array(most);
    const rowOffsets = new Int32Array(rows + 1);
    let [count, entry] = [rows, 0];
    for (let r = 0; r < rows; r++) {
      const others = this.draw(instances[r], random);
      const links = offsets[instances[r] + 1] - offsets[instances[r]];
      for (const [position, e] of others.entries()) {
        const node = this.all.indices[e];
        if (this.places[node] === -1) {
          this.places[node] = count;
          nodes[count++] = node;
        }
        indices[entry] = this.places[node];
        const isOwn = position === 0 && node === instances[r];
        scaled[entry++] =
          isOwn || others.length === links ? weights[e] : (weights[e] * (links - 1)) / (others.length - 1);
      }
      rowOffsets[r + 1] = entry;
    }
    const kept = nodes.slice(0, count);
    for (const node of kept) this.places[node] = -1;
    const adjacency = {
      rows,
      columns: count,
      offsets: rowOffsets,
      indices: indices.slice(0, entry),
      weights: scaled.slice(0, entry),
    };
    return { nodes: kept, adjacency };
  }

  /** Entries of a row of so many, the instance itself among them. */
  private taken(links: number): number {
    return this.fanout === 0 ? links : Math.min(links, this.fanout + 1);
  }

  /** Entries of the row of an instance, its own first: the head of a shuffle. Valid until the next call. */
  private draw(i: number, random: Random): Int32Array {
    const { offsets, indices } = this.all;
    const [start, links] = [offsets[i], offsets[i + 1] - offsets[i]];
    if (links > this.drawn.length) this.drawn = new Int32Array(2 * links);
    const { drawn } = this;
    for (let e = 0; e < links; e++) drawn[e] = start + e;
    const own = indices.subarray(start, start + links).indexOf(i);
    if (own > 0) [drawn[0], drawn[own]] = [drawn[own], drawn[0]];
    const taken = this.taken(links);
    if (taken === links) return drawn.subarray(0, links);
    for (let e = 1; e < taken; e++) {
      const other = e + random.integer(links - e);
      [drawn[e], drawn[other]] = [drawn[other], drawn[e]];
    }
    return drawn.subarray(0, taken);
  }
}

/**
 * The steps of an epoch: `batchSize` instances each, in an order drawn by `random`, until every one that counts has been looked
 * at; those held out are spread over the steps.
 */
export function* neighbourBatches(
  whole: WholeGraph,
  sampler: NeighbourSampler,
  batchSize: number,
  random: Random,
): Generator<TrainingBatch> {
  const instances = Int32Array.from(whole.weights.keys());
  const order = random.shuffle(instances.filter((i) => whole.weights[i] > 0));
  const held = instances.filter((i) => whole.heldOut[i] > 0);
  for (const { numbers: rows } of epochSteps(order, held, batchSize)) {
    const { nodes, adjacency } = sampler.sample(rows, random);
    yield {
      source: gatherRows(whole.source, { members: nodes }, undefined),
      graph: { adjacency },
      targets: Float32Array.from(rows, (i) => whole.targets[i]),
      weights: Float32Array.from(rows, (i) => whole.weights[i]),
      heldOut: Float32Array.from(rows, (i) => whole.heldOut[i]),
    };
  }
}
