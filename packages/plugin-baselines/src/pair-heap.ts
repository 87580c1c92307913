/** Pairs by rising distance, ties by the first name and then the second: a binary heap that grows by doubling. */
export class PairHeap {
  private firsts: Int32Array;
  private seconds: Int32Array;
  private distances: Float64Array;
  private length = 0;

  constructor(capacity: number) {
    const most = Math.max(16, capacity);
    this.firsts = new Int32Array(most);
    this.seconds = new Int32Array(most);
    this.distances = new Float64Array(most);
  }

  get size(): number {
    return this.length;
  }

  /** The nearest pair. */
  get first(): number {
    return this.firsts[0];
  }

  get second(): number {
    return this.seconds[0];
  }

  get distance(): number {
    return this.distances[0];
  }

  push(first: number, second: number, distance: number): void {
    if (this.length === this.firsts.length) this.grow();
    let at = this.length++;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.precedes(first, second, distance, parent)) break;
      this.move(parent, at);
      at = parent;
    }
    this.put(at, first, second, distance);
  }

  /** Drops the nearest pair. */
  pop(): void {
    const last = --this.length;
    const first = this.firsts[last];
    const second = this.seconds[last];
    const distance = this.distances[last];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      const next = child + 1;
      if (next < last && this.precedes(this.firsts[next], this.seconds[next], this.distances[next], child))
        child = next;
      if (this.precedes(first, second, distance, child)) break;
      this.move(child, at);
      at = child;
    }
    this.put(at, first, second, distance);
  }

  private precedes(first: number, second: number, distance: number, at: number): boolean {
    if (distance !== this.distances[at]) return distance < this.distances[at];
    return first !== this.firsts[at] ? first < this.firsts[at] : second < this.seconds[at];
  }

  private move(from: number, to: number): void {
    this.put(to, this.firsts[from], this.seconds[from], this.distances[from]);
  }

  private put(at: number, first: number, second: number, distance: number): void {
    this.firsts[at] = first;
    this.seconds[at] = second;
    this.distances[at] = distance;
  }

  private grow(): void {
    const double = 2 * this.firsts.length;
    const { firsts, seconds, distances } = this;
    this.firsts = new Int32Array(double);
    this.seconds = new Int32Array(double);
    this.distances = new Float64Array(double);
    this.firsts.set(firsts);
    this.seconds.set(seconds);
    this.distances.set(distances);
  }
}
