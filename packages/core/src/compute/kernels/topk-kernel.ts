import { instantiate, type KernelMemory } from './memory.js';
import { plainTopk } from './topk-plain.js';
import { fullAt, type TopkKernel } from './topk.js';
import { topkWasm } from './topk.wasm.js';

type Exports = Record<'merge' | 'settle' | 'finish', (...args: number[]) => void>;

/** The kernel of the given sort on a shared memory. */
export function topkKernel(kind: 'wasm' | 'plain', memory: KernelMemory): TopkKernel {
  if (kind === 'plain') return plainTopk(memory);
  const { merge, settle, finish } = instantiate<Exports>(topkWasm, memory);
  return {
    merge: (list, length, first, rows, owners, others, { entries, counts, bounds, floors, capacity }, k) => {
      const full = fullAt(k, capacity);
      merge(list, length, first, rows, owners, others, entries, counts, bounds, floors, capacity, full, k);
    },
    settle: (first, last, { entries, counts, bounds, floors, capacity }, k) =>
      settle(first, last, entries, counts, bounds, floors, capacity, k),
    finish: (first, last, { entries, counts, capacity }, k, ids, similarities) =>
      finish(first, last, entries, counts, capacity, k, ids, similarities),
  };
}
