/** A set of rows of float32 numbers, equal where every bit is: each row is told by the first place that held it. */
export class RowSet {
  private readonly table: Int32Array;
  private readonly words: Uint32Array;
  private readonly mask: number;

  /** `values` holds (rows x dim) numbers, which must not change while the set is used. At most `capacity` rows are added. */
  constructor(
    values: Float32Array,
    private readonly dim: number,
    capacity: number,
  ) {
    this.words = new Uint32Array(values.buffer, values.byteOffset, values.length);
    this.mask = 2 ** Math.ceil(Math.log2(2 * capacity + 1)) - 1;
    this.table = new Int32Array(this.mask + 1).fill(-1);
  }

  /** The row itself where it is new, else the equal one that was added before. */
  add(row: number): number {
    const { table, mask } = this;
    for (let at = this.hash(row) & mask; ; at = (at + 1) & mask) {
      const held = table[at];
      if (held === -1) return (table[at] = row);
      if (this.equal(held, row)) return held;
    }
  }

  private hash(row: number): number {
    const { words, dim } = this;
    let hash = 0x811c9dc5;
    for (let c = row * dim; c < (row + 1) * dim; c++) {
      hash = Math.imul(hash ^ words[c], 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash >>> 0;
  }

  private equal(a: number, b: number): boolean {
    const { words, dim } = this;
    for (let c = 0; c < dim; c++) if (words[a * dim + c] !== words[b * dim + c]) return false;
    return true;
  }
}
