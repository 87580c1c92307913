/** Labels renumbered 0 .. count - 1, equal ones alike. */
export interface CompactLabels {
  readonly values: Int32Array;
  readonly count: number;
}

/** Renumbers any integers of less than 2^53, with gaps and negatives, by first appearance. -1 is a label like others. O(n). */
export function compactLabels(labels: ArrayLike<number>): CompactLabels {
  const n = labels.length;
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < n; i++) {
    const label = labels[i];
    if (!Number.isSafeInteger(label)) throw new RangeError(`label ${label} of instance ${i} is no integer`);
    if (label < low) low = label;
    if (label > high) high = label;
  }
  return high - low < 4 * n + 1024 ? compactByTable(labels, low, high) : compactByHash(labels);
}

function compactByTable(labels: ArrayLike<number>, low: number, high: number): CompactLabels {
  const n = labels.length;
  const values = new Int32Array(n);
  const names = new Int32Array(n === 0 ? 0 : high - low + 1); // 0 = not met, else name + 1
  let count = 0;
  for (let i = 0; i < n; i++) {
    const at = labels[i] - low;
    if (names[at] === 0) names[at] = ++count;
    values[i] = names[at] - 1;
  }
  return { values, count };
}

/** Open addressing with linear probing at a load of at most one half. */
function compactByHash(labels: ArrayLike<number>): CompactLabels {
  const n = labels.length;
  const values = new Int32Array(n);
  const slots = 2 ** Math.ceil(Math.log2(2 * n + 2));
  const keys = new Float64Array(slots);
  const names = new Int32Array(slots); // 0 = free, else name + 1
  let count = 0;
  for (let i = 0; i < n; i++) {
    const label = labels[i];
    const mixed = Math.imul((label | 0) ^ Math.imul((label / 4294967296) | 0, 0x85ebca6b), 0x9e3779b1);
    let at = (mixed ^ (mixed >>> 15)) & (slots - 1);
    while (names[at] !== 0 && keys[at] !== label) at = (at + 1) & (slots - 1);
    if (names[at] === 0) {
      keys[at] = label;
      names[at] = ++count;
    }
    values[i] = names[at] - 1;
  }
  return { values, count };
}
