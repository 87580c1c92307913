/** The instances that are needed of all there are. */
export interface UsedRows {
  /** Ascending. */
  readonly instances: Int32Array;
  /** (n) where an instance is among them; -1 = it is none of them. */
  readonly places: Int32Array;
}

/** The instances of n that are in any of the lists. O(n + their total length). */
export function usedRows(n: number, lists: Iterable<Int32Array>): UsedRows {
  const places = new Int32Array(n).fill(-1);
  for (const list of lists) for (const i of list) places[i] = 0;
  let count = 0;
  for (let i = 0; i < n; i++) if (places[i] === 0) places[i] = count++;
  const instances = new Int32Array(count);
  for (let i = 0; i < n; i++) if (places[i] !== -1) instances[places[i]] = i;
  return { instances, places };
}
