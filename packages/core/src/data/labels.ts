import { sharedInt32 } from './shared-arrays.js';

/** A partition: (n) int32, 0 .. clusters - 1 numbered by first appearance. No -1: what nobody claimed is a singleton. */
export interface Labels {
  readonly values: Int32Array;
  readonly clusters: number;
}

/**
 * Makes labels of any integers: renumbers them 0 .. c-1 by first appearance in instance order and gives every -1
 * a cluster of its own, numbered in the same pass. O(n).
 */
export function toLabels(raw: ArrayLike<number>): Labels {
  const n = raw.length;
  const values = sharedInt32(n);
  let low = 0;
  let high = -1;
  for (let i = 0; i < n; i++) {
    if (raw[i] < low) low = raw[i]!;
    if (raw[i] > high) high = raw[i]!;
  }
  let clusters = 0;
  if (low >= -1 && high < 16 * n + 1024) {
    const renamed = new Int32Array(high + 1).fill(-1);
    for (let i = 0; i < n; i++) {
      const label = raw[i];
      if (label === -1) values[i] = clusters++;
      else values[i] = renamed[label] === -1 ? (renamed[label] = clusters++) : renamed[label];
    }
  } else {
    const renamed = new Map<number, number>();
    for (let i = 0; i < n; i++) {
      const label = raw[i];
      let name = label === -1 ? undefined : renamed.get(label);
      if (name === undefined) {
        name = clusters++;
        if (label !== -1) renamed.set(label, name);
      }
      values[i] = name;
    }
  }
  return { values, clusters };
}

/** (clusters) int32 how many instances each cluster has. O(n). */
export function clusterSizes({ values, clusters }: Labels): Int32Array {
  const sizes = new Int32Array(clusters);
  for (const label of values) sizes[label]++;
  return sizes;
}

/** Throws a RangeError that names the first broken invariant. O(n). */
export function assertLabels(labels: Labels, n: number): void {
  if (labels.values.length !== n) throw new RangeError(`${labels.values.length} labels for ${n} instances`);
  let next = 0;
  for (let i = 0; i < n; i++) {
    const label = labels.values[i];
    if (label < 0 || label > next) throw new RangeError(`label ${label} of instance ${i} is out of order`);
    if (label === next) next++;
  }
  if (next !== labels.clusters) throw new RangeError(`${labels.clusters} clusters announced, ${next} found`);
}

/** True where two label arrays split the instances alike, whatever the clusters are called. -1 is a label like others. */
export function samePartition(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  const forth = new Map<number, number>();
  const back = new Map<number, number>();
  for (let i = 0; i < a.length; i++) {
    const x = a[i];
    const y = b[i];
    if (!forth.has(x) && !back.has(y)) {
      forth.set(x, y);
      back.set(y, x);
    } else if (forth.get(x) !== y || back.get(y) !== x) return false;
  }
  return true;
}
