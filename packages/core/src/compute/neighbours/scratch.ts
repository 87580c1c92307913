import type { KnnGraph } from '../../data/knn-graph.js';
import { Arena, type KernelMemory } from '../kernels/memory.js';
import type { TopkKernel, TopkState } from '../kernels/topk.js';

/** Candidates that a scan lists at most before they are merged: the lists stay in the cache. */
const listEntries = 8192;

/** Neighbours that are sorted and handed over at a time. */
const stagedEntries = 2 ** 16;

export function listCapacity(blockRows: number): number {
  return Math.max(listEntries, blockRows);
}

function stagedRows(blockRows: number, k: number): number {
  return Math.max(1, Math.min(blockRows, Math.floor(stagedEntries / k)));
}

/** Bytes of a thread for the candidates being merged, or the neighbours being handed over. */
export function scratchBytes(blockRows: number, k: number): number {
  return 8 * Math.max(listCapacity(blockRows), stagedRows(blockRows, k) * k);
}

/** What rows of state are handed over with. */
export interface HandOver {
  readonly topk: TopkKernel;
  readonly memory: KernelMemory;
  readonly state: TopkState;
  /** Byte offset of {@link scratchBytes}. */
  readonly scratch: number;
  readonly blockRows: number;
  readonly graph: Pick<KnnGraph, 'k' | 'ids' | 'similarities'>;
}

/**
 * Sorts the best k of rows first .. last of a state and writes them where the graph has them; row r is that of instance
 * `instances[r]`. `onShort` hears of instances with fewer than k.
 */
export function handOver(
  { topk, memory, state, scratch, blockRows, graph }: HandOver,
  first: number,
  last: number,
  instances: Int32Array,
  onShort: (instance: number) => void = () => undefined,
): void {
  const { k, ids, similarities } = graph;
  const step = stagedRows(blockRows, k);
  for (let row = first; row < last; row += step) {
    const end = Math.min(last, row + step);
    const count = (end - row) * k;
    topk.finish(row, end, state, k, scratch, scratch + 4 * count);
    const stagedIds = new Int32Array(memory.buffer, scratch, count);
    const stagedSimilarities = new Float32Array(memory.buffer, scratch + 4 * count, count);
    for (let r = 0; r < end - row; r++) {
      const instance = instances[row + r];
      ids.set(stagedIds.subarray(r * k, (r + 1) * k), instance * k);
      similarities.set(stagedSimilarities.subarray(r * k, (r + 1) * k), instance * k);
      if (stagedIds[(r + 1) * k - 1] === -1) onShort(instance);
    }
  }
}

/** Where things lie in a thread's own memory, which the engine can write to. */
export function layOutOwn(blockRows: number, capacity: number) {
  const arena = new Arena();
  return {
    products: arena.take(4 * blockRows ** 2),
    rowBounds: arena.take(4 * blockRows),
    columnBounds: arena.take(4 * blockRows),
    found: arena.take(16 * capacity),
    bytes: arena.bytes,
  };
}
