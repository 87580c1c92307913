import type { FeatureParts } from '../../data/features.js';
import type { KnnGraph } from '../../data/knn-graph.js';
import { Arena, type KernelMemory } from '../kernels/memory.js';
import { takeState, type TopkState } from '../kernels/topk.js';
import type { CrewJob } from './crew-job.js';
import type { SearchPlan } from './plan.js';
import { scratchBytes } from './scratch.js';

/** Where things lie in the memory that the threads of a search share (byte offsets). */
export interface JobLayout {
  /** (n) int32 instances, by position in the order of work. */
  readonly order: number;
  /** (rows of a shard) int32 instances to search again. */
  readonly redo: number;
  /** (rows of a block) int32 0, 1, ... */
  readonly rows: number;
  /** (blocks of a shard) int32, 1 where a thread is changing rows of the block. */
  readonly locks: number;
  readonly state: TopkState;
  /** Per thread: the candidates being merged, or the neighbours being handed over. */
  readonly scratch: readonly number[];
  readonly bytes: number;
}

/** What a thread needs to take part in a search. */
export interface SearchJob extends CrewJob {
  readonly plan: SearchPlan;
  readonly layout: JobLayout;
  readonly kind: 'wasm' | 'plain';
  readonly memory: KernelMemory;
  readonly features: FeatureParts;
  readonly graph: KnnGraph;
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

export function layOutJob(plan: SearchPlan, threads: number): JobLayout {
  const arena = new Arena();
  const rows = Math.min(plan.n, plan.shardBlocks * plan.blockRows);
  return {
    order: arena.take(4 * plan.n),
    redo: arena.take(4 * rows),
    rows: arena.take(4 * plan.blockRows),
    locks: arena.take(4 * plan.shardBlocks),
    state: takeState(arena, rows, plan.capacity),
    scratch: Array.from({ length: threads }, () => arena.take(scratchBytes(plan.blockRows, plan.k))),
    bytes: arena.bytes,
  };
}
