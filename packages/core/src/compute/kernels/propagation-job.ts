import type { PropagateKernel } from './spmm.js';

/**
 * Where the words of a crew's control array are. `turn` counts the jobs; `gate` holds how many workers are inside a job,
 * and {@link closed} more while none may enter; `next` is the first row of the order that nobody has taken; `memory` counts the memories that were
 * handed out; the arguments of the kernel follow, offsets as unsigned bits.
 */
export const word = { turn: 0, gate: 1, next: 2, memory: 3, lowest: 4, count: 5, dim: 6, offsets: 7 } as const;
export const words = 13;
export const closed = -(2 ** 30);

/** Rows that a thread takes at a time: a tenth of a millisecond of work, mostly. */
const rowsAtATime = 64;

/** Propagates to rows of the job until all are taken. */
export function takeRows(control: Int32Array, propagate: PropagateKernel): void {
  const [count, dim, order, offsets, indices, weights, x, out] = control.subarray(word.count, words);
  const lowest = new Float32Array(control.buffer, control.byteOffset, words)[word.lowest];
  for (;;) {
    const first = Atomics.add(control, word.next, rowsAtATime);
    if (first >= count) return;
    const rows = Math.min(rowsAtATime, count - first);
    propagate(rows, dim, order + 4 * first, offsets, indices, weights, x, out, lowest);
  }
}
