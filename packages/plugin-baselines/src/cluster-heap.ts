/** A binary heap over the names 0 .. n - 1, each with a key that may change; the lowest key on top, ties by the lower name. */
export class ClusterHeap {
  private readonly names: Int32Array;
  private readonly places: Int32Array;
  private length: number;

  /** Takes the keys over: (n) float64, changed through {@link ClusterHeap.update}. */
  constructor(readonly keys: Float64Array) {
    const n = keys.length;
    this.length = n;
    this.names = new Int32Array(n);
    this.places = new Int32Array(n);
    for (let i = 0; i < n; i++) this.names[i] = this.places[i] = i;
    for (let at = (n >>> 1) - 1; at >= 0; at--) this.sink(at);
  }

  get size(): number {
    return this.length;
  }

  /** The name with the lowest key. */
  get top(): number {
    return this.names[0];
  }

  update(name: number, key: number): void {
    const before = this.keys[name];
    this.keys[name] = key;
    if (key < before) this.rise(this.places[name]);
    else this.sink(this.places[name]);
  }

  remove(name: number): void {
    const at = this.places[name];
    const last = this.names[--this.length];
    this.places[name] = -1;
    if (last === name) return;
    this.put(at, last);
    this.rise(at);
    this.sink(this.places[last]);
  }

  private before(a: number, b: number): boolean {
    return this.keys[a] < this.keys[b] || (this.keys[a] === this.keys[b] && a < b);
  }

  private rise(at: number): void {
    const name = this.names[at];
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.before(name, this.names[parent])) break;
      this.put(at, this.names[parent]);
      at = parent;
    }
    this.put(at, name);
  }

  private sink(at: number): void {
    const name = this.names[at];
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.length) break;
      if (child + 1 < this.length && this.before(this.names[child + 1], this.names[child])) child++;
      if (!this.before(this.names[child], name)) break;
      this.put(at, this.names[child]);
      at = child;
    }
    this.put(at, name);
  }

  private put(at: number, name: number): void {
    this.names[at] = name;
    this.places[name] = at;
  }
}
