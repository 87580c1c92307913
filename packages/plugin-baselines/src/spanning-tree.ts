import { descendingOrder, UnionFind, type Features } from '@l2c/core';
import { eachPairBlock, type PairBlock, type PairServices } from './pair-blocks.js';

/** n - 1 links that connect n instances, in no particular order. */
export interface SpanningTree {
  readonly first: Int32Array;
  readonly second: Int32Array;
}

/**
 * The spanning tree of all n² pairs whose similarities sum up to the most (the minimum spanning tree of the distances),
 * where a pair is as similar as its inner product, or with `cores` the least of that and the cores of both: the mutual
 * reachability of HDBSCAN.
 *
 * One pass over the upper triangle of products. A pair belongs in the tree only if it is better than the worst link on the
 * way between its ends; the tree of what was seen so far knows for each instance the worst link on its way to a root,
 * and the lesser of two such bounds is one for the pair. The few pairs that pass are collected, and now and then the tree
 * is made anew of itself and them. The root lies in the densest half, so that outliers bound nobody but themselves.
 *
 * O(n² dim / 2) products and, as a rule, a small multiple of n pairs that pass; 60 n bytes at least.
 */
export async function spanningTree(
  features: Features,
  services: PairServices,
  cores?: Float32Array,
): Promise<SpanningTree> {
  const tree = new GrowingTree(features.n, cores);
  await eachPairBlock(features, services, (block) => tree.add(block));
  return tree.finish();
}

class GrowingTree {
  /** The tree first, then pairs that may better it. */
  private readonly first: Int32Array;
  private readonly second: Int32Array;
  private readonly similarities: Float32Array;
  private count = 0;
  /** (n) the worst link on the way to the root: Infinity for the root, -Infinity for what is not connected yet. */
  private readonly bounds: Float32Array;
  private readonly offsets: Int32Array;
  private readonly neighbours: Int32Array;
  private readonly links: Float32Array;

  constructor(
    private readonly n: number,
    private readonly cores: Float32Array | undefined,
  ) {
    const capacity = n + Math.max(2 ** 18, 2 * n);
    this.first = new Int32Array(capacity);
    this.second = new Int32Array(capacity);
    this.similarities = new Float32Array(capacity);
    this.bounds = new Float32Array(n).fill(-Infinity);
    this.bounds[0] = Infinity;
    this.offsets = new Int32Array(n + 2);
    this.neighbours = new Int32Array(2 * n);
    this.links = new Float32Array(2 * n);
  }

  add(block: PairBlock): void {
    if (block.firstRow === 0) this.connect(block);
    this.collect(block);
    // All are connected once the first band of rows has met everything: time to move the root.
    if (block.firstRow === 0 && block.firstColumn + block.columns === this.n) this.renew();
  }

  finish(): SpanningTree {
    this.renew();
    return { first: this.first.slice(0, this.count), second: this.second.slice(0, this.count) };
  }

  /** Ties each new instance to the most similar row of the first band, so that every pair after has a bound. */
  private connect({ rows, firstColumn, columns, products }: PairBlock): void {
    const best = new Float32Array(columns).fill(-Infinity);
    const partners = new Int32Array(columns);
    for (let r = 0; r < rows; r++) {
      for (let c = Math.max(0, r + 1 - firstColumn); c < columns; c++) {
        const similarity = this.similarity(products[r * columns + c], r, firstColumn + c);
        if (similarity > best[c]) {
          best[c] = similarity;
          partners[c] = r;
        }
      }
    }
    for (let c = firstColumn === 0 ? 1 : 0; c < columns; c++) {
      this.push(partners[c], firstColumn + c, best[c]);
      this.bounds[firstColumn + c] = Math.min(best[c], this.bounds[partners[c]]);
    }
  }

  private collect({ firstRow, rows, firstColumn, columns, products }: PairBlock): void {
    const { bounds } = this;
    for (let r = 0; r < rows; r++) {
      if (this.count + columns > this.first.length) this.renew();
      const i = firstRow + r;
      const bound = bounds[i];
      const row = r * columns;
      for (let c = Math.max(0, i + 1 - firstColumn); c < columns; c++) {
        const product = products[row + c];
        const other = bounds[firstColumn + c];
        const least = other < bound ? other : bound;
        if (!(product > least)) continue;
        const similarity = this.similarity(product, i, firstColumn + c);
        if (similarity > least) this.push(i, firstColumn + c, similarity);
      }
    }
  }

  private similarity(product: number, i: number, j: number): number {
    return this.cores === undefined ? product : Math.min(product, this.cores[i], this.cores[j]);
  }

  private push(i: number, j: number, similarity: number): void {
    this.first[this.count] = i;
    this.second[this.count] = j;
    this.similarities[this.count++] = similarity;
  }

  /** Kruskal's algorithm over the tree and the pairs collected since; then the bounds anew. */
  private renew(): void {
    const { n, first, second, similarities, count } = this;
    const order = descendingOrder(similarities.subarray(0, count));
    const sets = new UnionFind(n);
    const kept = new Uint8Array(count);
    let root = 0;
    let largest = 1;
    for (const e of order) {
      const a = sets.find(first[e]);
      const b = sets.find(second[e]);
      if (a === b) continue;
      kept[e] = 1;
      const larger = sets.size(a) < sets.size(b) ? b : a;
      const size = sets.size(sets.union(a, b));
      if (largest * 2 < n && size > largest) [root, largest] = [larger, size];
    }
    this.count = 0;
    for (let e = 0; e < count; e++) if (kept[e] === 1) this.push(first[e], second[e], similarities[e]);
    this.layOutNeighbours();
    this.bound(root);
  }

  private layOutNeighbours(): void {
    const { first, second, similarities, count, offsets, neighbours, links } = this;
    offsets.fill(0);
    // Two places to the right: the second pass leaves each row's end where its start was.
    for (let e = 0; e < count; e++) {
      offsets[first[e] + 2]++;
      offsets[second[e] + 2]++;
    }
    for (let i = 2; i < offsets.length; i++) offsets[i] += offsets[i - 1];
    for (let e = 0; e < count; e++) {
      const i = first[e];
      const j = second[e];
      neighbours[offsets[i + 1]] = j;
      links[offsets[i + 1]++] = similarities[e];
      neighbours[offsets[j + 1]] = i;
      links[offsets[j + 1]++] = similarities[e];
    }
  }

  private bound(root: number): void {
    const { n, bounds, offsets, neighbours, links } = this;
    bounds.fill(-Infinity);
    bounds[root] = Infinity;
    const queue = new Int32Array(n);
    queue[0] = root;
    for (let at = 0, end = 1; at < end; at++) {
      const i = queue[at];
      for (let e = offsets[i]; e < offsets[i + 1]; e++) {
        const j = neighbours[e];
        if (bounds[j] !== -Infinity) continue;
        bounds[j] = Math.min(bounds[i], links[e]);
        queue[end++] = j;
      }
    }
  }
}
