/**
 * For each cluster some of the nearest others, and how far it is at least to any that is not listed. Names are instances;
 * a list may name clusters that have since merged into others.
 */
export class NeighbourLists {
  /** (n x capacity) names, as they were when listed. */
  readonly ids: Int32Array;
  /** (n x capacity) distances, parallel to `ids`: exact while the listed cluster is what it was, else a lower bound. */
  readonly distances: Float64Array;
  /** (n x capacity) members of the listed cluster when it was listed. */
  readonly sizes: Int32Array;
  /** (n) entries of each list. */
  readonly counts: Int32Array;
  /** (n) no unlisted cluster is nearer than this. */
  readonly reaches: Float64Array;

  constructor(
    readonly n: number,
    readonly capacity: number,
  ) {
    this.ids = new Int32Array(n * capacity);
    this.distances = new Float64Array(n * capacity);
    this.sizes = new Int32Array(n * capacity);
    this.counts = new Int32Array(n);
    this.reaches = new Float64Array(n).fill(Infinity);
  }

  /** Replaces the list of a cluster by what a collector holds. */
  replace(cluster: number, nearest: Nearest, reach: number): void {
    const start = cluster * this.capacity;
    for (let e = 0; e < nearest.count; e++) {
      this.ids[start + e] = nearest.ids[e];
      this.distances[start + e] = nearest.distances[e];
      this.sizes[start + e] = nearest.sizes[e];
    }
    this.counts[cluster] = nearest.count;
    this.reaches[cluster] = Math.min(reach, nearest.dropped);
  }
}

/** Keeps the nearest of what it is offered, sorted; ties go to what came first. */
export class Nearest {
  readonly ids: Int32Array;
  readonly distances: Float64Array;
  readonly sizes: Int32Array;
  count = 0;
  /** The least distance that found no place. */
  dropped = Infinity;

  constructor(readonly capacity: number) {
    this.ids = new Int32Array(capacity);
    this.distances = new Float64Array(capacity);
    this.sizes = new Int32Array(capacity);
  }

  clear(): void {
    this.count = 0;
    this.dropped = Infinity;
  }

  offer(id: number, distance: number, size: number): void {
    const { ids, distances, sizes, capacity } = this;
    if (this.count === capacity) {
      if (!(distance < distances[capacity - 1])) {
        if (distance < this.dropped) this.dropped = distance;
        return;
      }
      this.dropped = Math.min(this.dropped, distances[capacity - 1]);
      this.count--;
    }
    let at = this.count++;
    for (; at > 0 && distances[at - 1] > distance; at--) {
      ids[at] = ids[at - 1];
      distances[at] = distances[at - 1];
      sizes[at] = sizes[at - 1];
    }
    ids[at] = id;
    distances[at] = distance;
    sizes[at] = size;
  }
}
