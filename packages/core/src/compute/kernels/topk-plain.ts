import type { KernelMemory } from './memory.js';
import { fullAt, type TopkKernel, type TopkState } from './topk.js';

/**
 * The top-k search in plain TypeScript: same arguments, same layout, same result as assembly/topk.ts, though a row's
 * entries may lie in another order before `finish`. A key is two words, the ordered similarity above ~id.
 */
export function plainTopk(memory: KernelMemory): TopkKernel {
  const words = new Uint32Array(memory.buffer);
  const floats = new Float32Array(memory.buffer);
  const integers = new Int32Array(memory.buffer);
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);

  const ordered = (x: number): number => {
    value[0] = x + 0; // + 0 makes -0 and 0 equal
    return (bits[0] & 0x80000000 ? ~bits[0] : bits[0] | 0x80000000) >>> 0;
  };
  const similarity = (high: number): number => {
    bits[0] = high & 0x80000000 ? high ^ 0x80000000 : ~high;
    return value[0];
  };

  /** Sorts the n entries from word `at`, best first, and returns how many stay of them. */
  const sortAndCut = (at: number, n: number, k: number): number => {
    const keys = Array.from({ length: n }, (_, i) => ({ low: words[at + 2 * i], high: words[at + 2 * i + 1] }));
    keys.sort((a, b) => b.high - a.high || b.low - a.low);
    keys.forEach((key, i) => {
      words[at + 2 * i] = key.low;
      words[at + 2 * i + 1] = key.high;
    });
    return Math.min(n, k);
  };

  const entriesOf = (state: TopkState, row: number) => state.entries / 4 + row * state.capacity * 2;
  const cut = (state: TopkState, row: number, n: number, k: number): void => {
    const at = entriesOf(state, row);
    const kept = sortAndCut(at, n, k);
    const worst = at + 2 * (kept - 1);
    const floor = state.floors / 4 + 2 * row;
    words[floor] = words[worst]!;
    words[floor + 1] = words[worst + 1]!;
    floats[state.bounds / 4 + row] = similarity(words[worst + 1]);
    integers[state.counts / 4 + row] = kept;
  };

  return {
    merge(list, length, firstRow, rows, owners, others, state, k) {
      const full = fullAt(k, state.capacity);
      for (let e = list / 4; e < list / 4 + 2 * length; e += 2) {
        const owner = words[e] >>> 16;
        const other = integers[others / 4 + (words[e] & 0xffff)];
        const row = firstRow + integers[rows / 4 + owner];
        const high = ordered(floats[e + 1]);
        const low = ~other >>> 0;
        const floor = state.floors / 4 + 2 * row;
        if (high < words[floor + 1] || (high === words[floor + 1] && low <= words[floor])) continue;
        if (other === integers[owners / 4 + owner]) continue;
        const n = integers[state.counts / 4 + row];
        const at = entriesOf(state, row) + 2 * n;
        words[at] = low;
        words[at + 1] = high;
        integers[state.counts / 4 + row] = n + 1;
        if (n + 1 >= full) cut(state, row, n + 1, k);
      }
    },
    settle(first, last, state, k) {
      for (let row = first; row < last; row++) {
        const n = integers[state.counts / 4 + row];
        if (n >= k) cut(state, row, n, k);
      }
    },
    finish(first, last, state, k, ids, similarities) {
      for (let row = first; row < last; row++) {
        const at = entriesOf(state, row);
        const kept = sortAndCut(at, integers[state.counts / 4 + row], k);
        for (let i = 0; i < k; i++) {
          const place = (row - first) * k + i;
          integers[ids / 4 + place] = i < kept ? ~words[at + 2 * i] : -1;
          floats[similarities / 4 + place] = i < kept ? similarity(words[at + 2 * i + 1]) : -Infinity;
        }
      }
    },
  };
}
