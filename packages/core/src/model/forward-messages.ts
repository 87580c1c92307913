import type { EngineName } from '../compute/compute.js';
import type { FeatureParts, Features } from '../data/features.js';
import type { ForwardModel } from './forward.js';
import { GatheredRows } from './gather.js';
import { rowsOf, type GraphBatch, type RowSource } from './graph-batch.js';
import type { Model } from './layers.js';
import type { Weights } from './parameters.js';

/** Rows and graphs that go through a model together. */
export interface ForwardBatch {
  readonly rows: RowSource;
  readonly graph: GraphBatch;
}

/** What a worker that runs a model starts with; structured-cloned. */
export interface ForwardStart {
  readonly engine: EngineName;
  readonly model: Model;
  readonly weights: Weights;
  readonly shared: boolean;
}

/** Rows as they travel: themselves, or which rows of the table that came last they are made of. */
type SentRows =
  | { readonly values: Float32Array; readonly dim: number }
  | { readonly members: Int32Array; readonly pivots: Int32Array | undefined };

/** To a worker, until its last message. */
export type ForwardTask =
  { readonly table: FeatureParts } | { readonly number: number; readonly rows: SentRows; readonly graph: GraphBatch };

/** From a worker: that it is there, or the output of a batch; without one the batch failed. */
export type ForwardAnswer = { readonly ready: true } | { readonly number: number; readonly output?: Float32Array };

/** The table that the rows are made of, if other threads can read it. */
export function tableOf(rows: RowSource): Features | undefined {
  if (!(rows instanceof GatheredRows)) return undefined;
  return rows.table.stored.every(({ buffer }) => buffer instanceof SharedArrayBuffer) ? rows.table : undefined;
}

export function taskOf(number: number, { rows, graph }: ForwardBatch): ForwardTask {
  return { number, rows: sent(rows), graph: compactGraph(graph) };
}

export function tableTask({ n, dim, stored, rowsPerBlock }: Features): ForwardTask {
  return { table: { n, dim, stored, rowsPerBlock } };
}

/** The rows of a task, in the thread of `model`. */
export function received(rows: SentRows, table: Features | undefined, model: ForwardModel): RowSource {
  return 'values' in rows ? rowsOf(rows.values, rows.dim) : model.gather(table!, rows);
}

/** Copies of the weights that carry nothing else along. */
export function compactWeights(weights: Weights): Weights {
  return new Map([...weights].map(([name, { shape, values }]) => [name, { shape, values: values.slice() }]));
}

function sent(rows: RowSource): SentRows {
  if (tableOf(rows) !== undefined) {
    const { members, pivots } = (rows as GatheredRows).gathering;
    return { members: compact(members), pivots: pivots && compact(pivots) };
  }
  const values = new Float32Array(rows.n * rows.dim);
  rows.copyRows(0, rows.n, values);
  return { values, dim: rows.dim };
}

function compactGraph({ adjacency, graphs, selected }: GraphBatch): GraphBatch {
  return {
    adjacency: adjacency && {
      rows: adjacency.rows,
      columns: adjacency.columns,
      offsets: compact(adjacency.offsets),
      indices: compact(adjacency.indices),
      weights: compact(adjacency.weights),
    },
    graphs: graphs && compact(graphs),
    selected: selected && compact(selected),
  };
}

/** The array, or a copy of it where it is part of a larger memory: that would be cloned as a whole. */
function compact<T extends Int32Array | Float32Array>(array: T): T {
  return array.byteLength === array.buffer.byteLength ? array : (array.slice() as T);
}
