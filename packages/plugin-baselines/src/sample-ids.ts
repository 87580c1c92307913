import type { Random } from '@l2c/core';

/** `count` different numbers below n, ascending, each set equally likely. O(n). */
export function sampleIds(n: number, count: number, random: Random): Int32Array {
  const ids = new Int32Array(count);
  for (let i = 0, taken = 0; taken < count; i++) {
    if (random.next() * (n - i) < count - taken) ids[taken++] = i;
  }
  return ids;
}
