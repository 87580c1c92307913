import type { Compute } from '../compute.js';
import { allocateMemory, Arena, type KernelMemory } from '../kernels/memory.js';
import { scanKernel } from '../kernels/scan-kernel.js';
import type { ScanKernel } from '../kernels/scan.js';
import { topkKernel } from '../kernels/topk-kernel.js';
import { clearState, takeState, topkCapacity, type TopkKernel } from '../kernels/topk.js';
import { listCapacity } from './scratch.js';

/** Vectors that are multiplied with a block of queries at a time. */
export const blockVectors = 512;
/** The first of them are fewer: all of those are candidates, and once they are merged few others are. */
const firstVectors = 64;

/**
 * The k vectors of largest inner product with each query of a block, ties to the lower id, where the vectors come by and
 * by. Needs no other thread's memory. 8 rows (k + blockVectors) bytes and some.
 */
export class BlockSearch {
  private readonly memory: KernelMemory;
  private readonly scanner: ScanKernel;
  private readonly topk: TopkKernel;
  private readonly own: ReturnType<typeof layOutOwn>;
  private readonly common: ReturnType<typeof layOutCommon>;
  private readonly products: Float32Array;
  private readonly rowBounds: Float32Array;
  private readonly found: Uint32Array;
  private readonly list: Uint32Array;
  private readonly owners: Int32Array;
  private readonly others: Int32Array;
  private readonly bounds: Float32Array;
  private readonly ids: Int32Array;
  private readonly similarities: Float32Array;
  private queries: Float32Array = new Float32Array(0);
  private rows = 0;
  private offered = 0;

  constructor(
    kind: 'wasm' | 'plain',
    private readonly compute: Compute,
    private readonly dim: number,
    readonly maxRows: number,
    readonly k: number,
  ) {
    this.own = layOutOwn(maxRows);
    this.common = layOutCommon(maxRows, k);
    const own = allocateMemory(kind, this.own.bytes, false); // engines write to it
    this.memory = allocateMemory(kind, this.common.bytes, true);
    const { buffer } = this.memory;
    this.scanner = scanKernel(kind, own);
    this.topk = topkKernel(kind, this.memory);
    this.products = new Float32Array(own.buffer, this.own.products, maxRows * blockVectors);
    this.rowBounds = new Float32Array(own.buffer, this.own.rowBounds, maxRows);
    new Float32Array(own.buffer, this.own.columnBounds, blockVectors).fill(Infinity);
    const { state, rows, owners, others, list, ids, similarities } = this.common;
    this.found = new Uint32Array(own.buffer, this.own.found);
    this.list = new Uint32Array(buffer, list);
    this.owners = new Int32Array(buffer, owners, maxRows);
    this.others = new Int32Array(buffer, others, blockVectors);
    this.bounds = new Float32Array(buffer, state.bounds, maxRows);
    this.ids = new Int32Array(buffer, ids, maxRows * k);
    this.similarities = new Float32Array(buffer, similarities, maxRows * k);
    new Int32Array(buffer, rows, maxRows).forEach((_, r, all) => (all[r] = r));
  }

  /**
   * Begins with other queries: (rows x dim), which stay the caller's and unchanged until the end.
   *
   * @param owners the id of each query, which is not among its best; none where they are no vectors themselves
   */
  begin(queries: Float32Array, rows: number, owners?: Int32Array): void {
    this.queries = queries;
    this.rows = rows;
    this.offered = 0;
    clearState(this.memory, this.common.state, rows);
    if (owners === undefined) this.owners.fill(-1, 0, rows);
    else this.owners.set(owners.subarray(0, rows));
  }

  /** Offers `count` vectors (count x dim, at most {@link blockVectors}) with ids from `firstId` on. */
  async offer(vectors: Float32Array, count: number, firstId: number): Promise<void> {
    const first = this.offered === 0 ? Math.min(firstVectors, count) : count;
    await this.look(vectors, first, firstId);
    if (first < count) await this.look(vectors.subarray(first * this.dim), count - first, firstId + first);
  }

  private async look(vectors: Float32Array, count: number, firstId: number): Promise<void> {
    const { rows, own, common, scanner, k } = this;
    this.offered += count;
    for (let c = 0; c < count; c++) this.others[c] = firstId + c;
    const products = this.products.subarray(0, rows * count);
    await this.compute.gemmTransposed(this.queries, rows, vectors, count, this.dim, products);
    const capacity = listCapacity(blockVectors);
    for (let row = 0; row < rows;) {
      this.rowBounds.set(this.bounds.subarray(0, rows));
      row = scanner.scan(own.products, row, rows, count, own.rowBounds, own.columnBounds, own.found, capacity);
      const length = scanner.rowsFound;
      if (length === 0) continue;
      this.list.set(this.found.subarray(0, 2 * length));
      this.topk.merge(common.list, length, 0, common.rows, common.owners, common.others, common.state, k);
    }
  }

  /** Writes the best k of each query, best first, row after row: ids (-1 = none) and similarities (-Infinity there). */
  finish(ids: Int32Array | Uint16Array, similarities?: Float32Array): void {
    const { rows, k, common } = this;
    this.topk.finish(0, rows, common.state, k, common.ids, common.similarities);
    ids.set(this.ids.subarray(0, rows * k));
    similarities?.set(this.similarities.subarray(0, rows * k));
  }
}

function layOutOwn(rows: number) {
  const arena = new Arena();
  return {
    products: arena.take(4 * rows * blockVectors),
    rowBounds: arena.take(4 * rows),
    columnBounds: arena.take(4 * blockVectors),
    found: arena.take(16 * listCapacity(blockVectors)),
    bytes: arena.bytes,
  };
}

function layOutCommon(rows: number, k: number) {
  const arena = new Arena();
  const capacity = topkCapacity(k);
  return {
    state: takeState(arena, rows, capacity),
    rows: arena.take(4 * rows),
    owners: arena.take(4 * rows),
    others: arena.take(4 * blockVectors),
    list: arena.take(8 * listCapacity(blockVectors)),
    ids: arena.take(4 * rows * k),
    similarities: arena.take(4 * rows * k),
    bytes: arena.bytes,
  };
}
