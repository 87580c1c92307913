import type { Arena, KernelMemory } from './memory.js';

/** Where the state of a top-k search lies in its memory (byte offsets), and how large it is. */
export interface TopkState {
  /** (rows x capacity) uint64 keys: the similarity as an ordered integer above the complement of the id. */
  readonly entries: number;
  /** (rows) int32: how many entries are filled. */
  readonly counts: number;
  /** (rows) float32: similarities below can't get in any more. -Infinity to begin with. */
  readonly bounds: number;
  /** (rows) uint64: keys not above can't get in any more. 0 to begin with. */
  readonly floors: number;
  /** Entries a row has room for, more than k. */
  readonly capacity: number;
}

/** Entries that a row gathers before it is shrunk to its best k: more of them cost memory, fewer are shrunk more often. */
export function topkCapacity(k: number): number {
  return k + Math.max(16, k >> 1);
}

/** Room for the state of so many rows. */
export function takeState(arena: Arena, rows: number, capacity: number): TopkState {
  return {
    entries: arena.take(8 * capacity * rows),
    counts: arena.take(4 * rows),
    bounds: arena.take(4 * rows),
    floors: arena.take(8 * rows),
    capacity,
  };
}

/** Empties the state of rows 0 .. rows. */
export function clearState(memory: KernelMemory, { counts, bounds, floors }: TopkState, rows: number): void {
  new Int32Array(memory.buffer, counts, rows).fill(0);
  new Float32Array(memory.buffer, bounds, rows).fill(-Infinity);
  new Int32Array(memory.buffer, floors, 2 * rows).fill(0);
}

/** Bytes of state per row. */
export function topkBytes(capacity: number): number {
  return 8 * capacity + 16;
}

/**
 * Keeps the best k of each row, ties to the lower id, on a memory that threads share. No two threads may work on one row
 * at the same time. Pointers are byte offsets.
 */
export interface TopkKernel {
  /**
   * Offers what a scan listed (`length` times uint32 owner << 16 | other, float32 similarity) to the rows it names:
   * instance others[other] is offered to row firstRow + rows[owner], which belongs to instance owners[owner]. None is
   * offered to itself.
   */
  merge(
    list: number,
    length: number,
    firstRow: number,
    rows: number,
    owners: number,
    others: number,
    state: TopkState,
    k: number,
  ): void;
  /** Shrinks rows first .. last to their best k, where they have as many, and raises bound and floor to the k-th. */
  settle(first: number, last: number, state: TopkState, k: number): void;
  /**
   * Sorts rows first .. last and writes their best k, row after row, to `ids` (int32, -1 = none) and `similarities`
   * (float32, -Infinity there).
   */
  finish(first: number, last: number, state: TopkState, k: number, ids: number, similarities: number): void;
}

/** How many entries a row is shrunk at. What keeps few is shrunk early, though it has room for more: its bound rises sooner. */
export function fullAt(k: number, capacity: number): number {
  return Math.min(capacity, topkCapacity(k));
}
