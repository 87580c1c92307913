import { readFileSync, writeFileSync } from 'node:fs';
import type { StageCost } from './artifacts.js';

/** Runs some work and says how long it took and how high the resident memory of the process went meanwhile. */
export async function measure<T>(work: () => T | Promise<T>): Promise<{ value: T; cost: StageCost }> {
  const peakOf = watchMemory();
  const start = performance.now();
  const value = await work();
  return { value, cost: { seconds: (performance.now() - start) / 1000, peakBytes: peakOf() } };
}

/** On Linux the kernel's own high-water mark, reset first; elsewhere the higher of before and after. */
function watchMemory(): () => number {
  const before = process.memoryUsage.rss();
  let reset = false;
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    reset = true;
  } catch {
    // not Linux, or not allowed
  }
  return () => {
    const after = Math.max(before, process.memoryUsage.rss());
    if (!reset) return after;
    try {
      const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
      return kilobytes === undefined ? after : Number(kilobytes) * 1024;
    } catch {
      return after;
    }
  };
}
