/** Disjoint sets over 0 .. n - 1: union by size, path halving. Both operations are O(inverse Ackermann) amortised. */
export class UnionFind {
  private readonly parents: Int32Array;
  private readonly sizes: Int32Array;

  constructor(n: number) {
    this.parents = new Int32Array(n);
    for (let i = 0; i < n; i++) this.parents[i] = i;
    this.sizes = new Int32Array(n).fill(1);
  }

  /** The representative of the set that holds i. */
  find(i: number): number {
    const parents = this.parents;
    while (parents[i] !== i) {
      parents[i] = parents[parents[i]];
      i = parents[i];
    }
    return i;
  }

  /** Joins the sets of a and b and returns the representative of the union. Ties in size go to the lower root. */
  union(a: number, b: number): number {
    let root = this.find(a);
    let other = this.find(b);
    if (root === other) return root;
    const difference = this.sizes[root] - this.sizes[other];
    if (difference < 0 || (difference === 0 && other < root)) [root, other] = [other, root];
    this.parents[other] = root;
    this.sizes[root] = this.sizes[root] + this.sizes[other];
    return root;
  }

  /** How many points the set of i holds. */
  size(i: number): number {
    return this.sizes[this.find(i)];
  }

  /** (n) the representative of each point: a partition, not yet numbered. */
  roots(): Int32Array {
    const roots = new Int32Array(this.parents.length);
    for (let i = 0; i < roots.length; i++) roots[i] = this.find(i);
    return roots;
  }
}
