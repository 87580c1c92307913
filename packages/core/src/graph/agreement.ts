import { countsToOffsets } from './csr.js';

/** Compares partitions of n instances, in arrays that are made once. */
export class Agreement {
  private readonly sizesA: Int32Array;
  private readonly sizesB: Int32Array;
  private readonly order: Int32Array;
  private readonly counts: Int32Array;

  constructor(private readonly n: number) {
    this.sizesA = new Int32Array(n + 1);
    this.sizesB = new Int32Array(n + 1);
    this.order = new Int32Array(n);
    this.counts = new Int32Array(n);
  }

  describe(labels: Int32Array): { clusters: number; largest: number } {
    const sizes = this.sizesA.fill(0);
    let [clusters, largest] = [0, 0];
    for (const label of labels) {
      const size = sizes[label] + 1;
      sizes[label] = size;
      if (size === 1) clusters++;
      if (size > largest) largest = size;
    }
    return { clusters, largest: this.n === 0 ? 0 : largest / this.n };
  }

  /** BCubed F of two partitions over the instances that are not single in both, and their share; 0 where there is none. */
  compare(a: Int32Array, b: Int32Array): { stability: number; compared: number } {
    const { n, sizesA, sizesB, order, counts } = this;
    count(a, sizesA);
    count(b, sizesB);
    // Instances grouped by cluster of a; within a group, `counts` holds how many share the cluster of b.
    const offsets = countsToOffsets(sizesA.slice());
    for (let i = n - 1; i >= 0; i--) order[(offsets[a[i] + 1] = offsets[a[i] + 1] - 1)] = i;
    let [precision, recall, instances] = [0, 0, 0];
    for (let start = 0; start < n;) {
      const sizeA = sizesA[a[order[start]] + 1];
      const end = start + sizeA;
      for (let at = start; at < end; at++) counts[b[order[at]]] = counts[b[order[at]]] + 1;
      for (let at = start; at < end; at++) {
        const cluster = b[order[at]];
        const sizeB = sizesB[cluster + 1];
        if (sizeA === 1 && sizeB === 1) continue;
        precision += counts[cluster] / sizeA;
        recall += counts[cluster] / sizeB;
        instances++;
      }
      for (let at = start; at < end; at++) counts[b[order[at]]] = 0;
      start = end;
    }
    if (instances === 0) return { stability: 0, compared: 0 };
    return { stability: (2 * precision * recall) / ((precision + recall) * instances), compared: instances / n };
  }
}

/** Sizes by label, one place to the right. */
function count(labels: Int32Array, sizes: Int32Array): void {
  sizes.fill(0);
  for (const label of labels) sizes[label + 1] = sizes[label + 1] + 1;
}
