import type { Features } from '../../data/features.js';
import type { EngineName } from '../compute.js';
import { Arena, type KernelMemory } from '../kernels/memory.js';
import type { TopkState } from '../kernels/topk.js';
import type { SearchPlan } from './plan.js';

/** Candidates that a scan lists at most before they are merged: the lists stay in the cache. */
const listEntries = 8192;

/** Neighbours that are sorted and handed over at a time. */
const stagedEntries = 2 ** 16;

/** Where things lie in the memory that the threads of a search share (byte offsets). */
export interface JobLayout {
  /** (n) int32 instances, by position in the order of work. */
  readonly order: number;
  /** (rows of a shard) int32 instances to search again. */
  readonly redo: number;
  /** int32 cells: next task, products done, stop, length of `redo`. */
  readonly cells: number;
  /** (blocks of a shard) int32, 1 where a thread is changing rows of the block. */
  readonly locks: number;
  readonly state: TopkState;
  /** Per thread: the candidates being merged, or the neighbours being handed over. */
  readonly scratch: readonly number[];
  readonly bytes: number;
}

export const cell = { task: 0, products: 1, stop: 2, redo: 3 } as const;

/** What a thread needs to take part in a search; structured-cloned to workers, its buffers shared. */
export interface SearchJob {
  readonly plan: SearchPlan;
  readonly layout: JobLayout;
  readonly kind: 'wasm' | 'plain';
  readonly memory: KernelMemory;
  readonly engine: EngineName;
  readonly features: Pick<Features, 'n' | 'dim' | 'blocks' | 'rowsPerBlock'>;
  /** (n x k), by instance. */
  readonly ids: Int32Array;
  readonly similarities: Float32Array;
}

/** One step of a search, which all threads take part in. Blocks `firstBlock` .. of the order, or the rows of `redo`. */
export type Step =
  | {
      readonly do: 'search';
      /** `sample`: pairs with a block of the sample; `rest`: all others; `redo`: the rows of `redo` against everything. */
      readonly pairs: 'sample' | 'rest' | 'redo';
      readonly rows: number;
      readonly firstBlock: number;
    }
  | { readonly do: 'settle'; readonly rows: number; readonly firstBlock: number }
  | { readonly do: 'finish'; readonly rows: number; readonly firstBlock: number; readonly redo: boolean };

export function listCapacity(plan: SearchPlan): number {
  return Math.max(listEntries, plan.blockRows);
}

/** Rows that are handed over at a time. */
export function stagedRows(plan: SearchPlan): number {
  return Math.max(1, Math.min(plan.blockRows, Math.floor(stagedEntries / plan.k)));
}

export function layOutJob(plan: SearchPlan, threads: number): JobLayout {
  const arena = new Arena();
  const rows = Math.min(plan.n, plan.shardBlocks * plan.blockRows);
  const scratchBytes = 8 * Math.max(listCapacity(plan), stagedRows(plan) * plan.k);
  return {
    order: arena.take(4 * plan.n),
    redo: arena.take(4 * rows),
    cells: arena.take(4 * 4),
    locks: arena.take(4 * plan.shardBlocks),
    state: {
      entries: arena.take(8 * plan.capacity * rows),
      counts: arena.take(4 * rows),
      bounds: arena.take(4 * rows),
      floors: arena.take(8 * rows),
      capacity: plan.capacity,
    },
    scratch: Array.from({ length: threads }, () => arena.take(scratchBytes)),
    bytes: arena.bytes,
  };
}
