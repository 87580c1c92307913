import type { FeatureParts } from '../../data/features.js';
import type { KnnGraph } from '../../data/knn-graph.js';
import { Arena, type KernelMemory } from '../kernels/memory.js';
import { takeState, type TopkState } from '../kernels/topk.js';
import type { CrewJob } from '../neighbours/crew-job.js';
import { scratchBytes } from '../neighbours/scratch.js';

/** Rows and columns of a product at most: it stays in the cache until it is scanned. */
export const blockRows = 512;

/** Parts of the state that threads change one at a time. */
export const stripes = 64;

/** Where things lie in the memory that the threads of a search by cells share (byte offsets). */
export interface CellLayout {
  /** (n) int32 instances, cell by cell: by position. */
  readonly order: number;
  /** (blockRows) int32 0, 1, ... */
  readonly rows: number;
  /** Of the positions of a shard, `shardRows` at most. */
  readonly shardRows: number;
  readonly state: TopkState;
  /** Per thread: the candidates being merged, or the neighbours being handed over. */
  readonly scratch: readonly number[];
  /** Per thread: (blockRows) int32 rows of state, and (blockRows) int32 instances, of the block it works on. */
  readonly blocks: readonly { readonly rows: number; readonly owners: number }[];
  readonly bytes: number;
}

/** What a thread needs to take part in a search by cells. */
export interface CellJob extends CrewJob {
  readonly layout: CellLayout;
  readonly kind: 'wasm' | 'plain';
  readonly memory: KernelMemory;
  readonly features: FeatureParts;
  readonly graph: KnnGraph;
  /** (stripes) int32, 1 where a thread is changing rows of the stripe. */
  readonly locks: Int32Array;
}

/** A step that all threads take part in. Arrays are shared. */
export type CellStep =
  | {
      /** Finds the nearest cells of instances, nearest first, ties to the lower. */
      readonly do: 'probe';
      /** Absent: all. */
      readonly instances?: Int32Array | undefined;
      /** (cells x dim). */
      readonly centres: Float32Array;
      readonly probes: number;
      /** (instances x probes). */
      readonly out: CellIds;
    }
  | {
      /** Compares instances with those of a cell: with `own` the cell's among themselves, else its visitors with them. */
      readonly do: 'join';
      readonly own: boolean;
      /** (tasks x 3): the cell, and the positions (own) or visits first .. last to compare with it. */
      readonly tasks: Float64Array;
      readonly map: CellMap;
      readonly shard: Shard;
    }
  | { readonly do: 'finish'; readonly shard: Shard };

/** Cells by number: two bytes each, where there are few enough. */
export type CellIds = Int32Array | Uint16Array;

/** Positions whose rows have their state in memory: first .. last. */
export interface Shard {
  readonly first: number;
  readonly last: number;
}

/** Who belongs to which cell, and who visits it. */
export interface CellMap {
  readonly cells: number;
  readonly probes: number;
  /** (n x probes) cells that an instance looks at, its own first. */
  readonly probed: CellIds;
  /** (cells + 1) int32: the cell's own positions are starts[c] .. starts[c + 1]. */
  readonly starts: Int32Array;
  /** (cells + 1): visits of a cell are visitStarts[c] .. visitStarts[c + 1]. Beyond 2^31 at millions of instances. */
  readonly visitStarts: Float64Array;
  /** (n (probes - 1)) int32 positions of instances that look at a cell that is not theirs, ascending. */
  readonly visits: Int32Array;
}

export function layOutCells(n: number, k: number, capacity: number, shardRows: number, threads: number): CellLayout {
  const arena = new Arena();
  return {
    order: arena.take(4 * n),
    rows: arena.take(4 * blockRows),
    shardRows,
    state: takeState(arena, shardRows, capacity),
    scratch: Array.from({ length: threads }, () => arena.take(scratchBytes(blockRows, k))),
    blocks: Array.from({ length: threads }, () => ({
      rows: arena.take(4 * blockRows),
      owners: arena.take(4 * blockRows),
    })),
    bytes: arena.bytes,
  };
}
