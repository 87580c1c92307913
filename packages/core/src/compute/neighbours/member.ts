import { setImmediate } from 'node:timers/promises';
import { Features } from '../../data/features.js';
import type { Compute } from '../compute.js';
import { allocateMemory } from '../kernels/memory.js';
import { scanKernel } from '../kernels/scan-kernel.js';
import type { ScanKernel } from '../kernels/scan.js';
import { topkKernel } from '../kernels/topk-kernel.js';
import type { TopkKernel } from '../kernels/topk.js';
import { counter, type CrewMember } from './crew-job.js';
import { gatherRows } from './gather-rows.js';
import type { SearchJob, Step } from './job.js';
import { handOver, layOutOwn, listCapacity } from './scratch.js';

/** A thread takes the products of up to this many blocks of rows and of columns at a time: about 15 ms of work. */
const tileBlocks = 4;

type SearchStep = Extract<Step, { do: 'search' }>;

/**
 * One thread's part in a search: takes tasks until there are none, multiplies blocks, scans the products in its own memory
 * and merges what it finds into the state that all share. The result doesn't depend on who took what when: the best k
 * under a total order are the same in whatever order they come.
 */
export class Member implements CrewMember<Step> {
  private readonly features: Features;
  private readonly scanner: ScanKernel;
  private readonly topk: TopkKernel;
  private readonly own: ReturnType<typeof layOutOwn>;
  private readonly products: Float32Array;
  private readonly rowBounds: Float32Array;
  private readonly columnBounds: Float32Array;
  private readonly found: Uint32Array;
  private readonly list: Uint32Array;
  private readonly rowValues: readonly Float32Array[];
  private readonly columnValues: Float32Array;
  private readonly order: Int32Array;
  private readonly redo: Int32Array;
  private readonly locks: Int32Array;
  private readonly bounds: Float32Array;
  private readonly capacity: number;

  constructor(
    private readonly job: SearchJob,
    private readonly thread: number,
    private readonly compute: Compute,
    /** Called after each product; may throw to stop. */
    private readonly onProduct: () => void = () => undefined,
  ) {
    const { plan, layout, kind, memory } = job;
    const { dim } = job.features;
    this.features = Features.of(job.features);
    this.capacity = listCapacity(plan.blockRows);
    this.own = layOutOwn(plan.blockRows, this.capacity);
    const private_ = allocateMemory(kind, this.own.bytes, false);
    this.scanner = scanKernel(kind, private_);
    this.topk = topkKernel(kind, memory);
    this.products = new Float32Array(private_.buffer, this.own.products, plan.blockRows ** 2);
    this.rowBounds = new Float32Array(private_.buffer, this.own.rowBounds, plan.blockRows);
    this.columnBounds = new Float32Array(private_.buffer, this.own.columnBounds, plan.blockRows);
    this.found = new Uint32Array(private_.buffer, this.own.found, 4 * this.capacity);
    this.list = new Uint32Array(memory.buffer, layout.scratch[thread], 2 * this.capacity);
    const tile = Math.min(tileBlocks, plan.blocks);
    this.rowValues = Array.from({ length: tile }, () => new Float32Array(plan.blockRows * dim));
    this.columnValues = new Float32Array(plan.blockRows * dim);
    this.order = new Int32Array(memory.buffer, layout.order, plan.n);
    const rows = Math.min(plan.n, plan.shardBlocks * plan.blockRows);
    this.redo = new Int32Array(memory.buffer, layout.redo, rows);
    this.locks = new Int32Array(memory.buffer, layout.locks, plan.shardBlocks);
    this.bounds = new Float32Array(memory.buffer, layout.state.bounds, rows);
  }

  /** Does tasks of a step until none are left. */
  async take(step: Step): Promise<void> {
    const { blockRows, blocks, sampleRank } = this.job.plan;
    const rowBlocks = Math.ceil(step.rows / blockRows);
    const tiled = step.do === 'search';
    const perRow = tiled ? Math.ceil(blocks / tileBlocks) : 1;
    const tasks = tiled ? Math.ceil(rowBlocks / tileBlocks) * perRow : rowBlocks;
    for (;;) {
      const task = Atomics.add(this.job.counters, counter.task, 1);
      if (task >= tasks || Atomics.load(this.job.counters, counter.stop) !== 0) return;
      if (this.thread === 0) await setImmediate(); // signals and timers get their turn
      if (step.do === 'search') {
        await this.search(step, Math.floor(task / perRow) * tileBlocks, (task % perRow) * tileBlocks);
        continue;
      }
      const first = task * blockRows;
      const last = Math.min(step.rows, first + blockRows);
      if (step.do === 'finish') this.finish(step, first, last);
      else if (!this.inSample(step.firstBlock + task)) this.topk.settle(first, last, this.job.layout.state, sampleRank);
    }
  }

  /** Multiplies up to `tileBlocks` blocks of rows with as many of columns. Each block is copied once, when first needed. */
  private async search(step: SearchStep, firstBlock: number, firstColumns: number): Promise<void> {
    const { blockRows, blocks, n } = this.job.plan;
    const lastBlock = Math.min(firstBlock + tileBlocks, Math.ceil(step.rows / blockRows));
    let copiedRows = 0; // a bit per block
    for (let columns = firstColumns; columns < Math.min(blocks, firstColumns + tileBlocks); columns++) {
      const columnsAt = columns * blockRows;
      const count = Math.min(blockRows, n - columnsAt);
      let copied = false;
      for (let block = firstBlock; block < lastBlock; block++) {
        if (!this.wanted(step, block, columns)) continue;
        const rowsAt = block * blockRows;
        const m = Math.min(blockRows, step.rows - rowsAt);
        const values = this.rowValues[block - firstBlock];
        if ((copiedRows & (1 << (block - firstBlock))) === 0)
          gatherRows(this.features, this.instances(step), rowsAt, m, values);
        copiedRows |= 1 << (block - firstBlock);
        if (!copied) gatherRows(this.features, this.order, columnsAt, count, this.columnValues);
        copied = true;
        const products = this.products.subarray(0, m * count);
        await this.compute.gemmTransposed(values, m, this.columnValues, count, this.features.dim, products);
        this.scan(step, block, m, columns, count);
        Atomics.add(this.job.counters, counter.products, 1);
        this.onProduct();
      }
    }
  }

  /** Whether the product of a block of rows and one of columns is to be made in this step. */
  private wanted(step: SearchStep, block: number, columns: number): boolean {
    if (step.pairs === 'redo') return true;
    const self = step.firstBlock + block;
    if (columns < self && this.mirrored(step, columns)) return false; // it was or will be made the other way round
    return this.inSample(Math.min(self, columns)) === (step.pairs === 'sample');
  }

  /** Whether the columns of a block are rows of this step, too. */
  private mirrored(step: SearchStep, columns: number): boolean {
    const end = step.firstBlock + Math.ceil(step.rows / this.job.plan.blockRows);
    return step.pairs !== 'redo' && columns >= step.firstBlock && columns < end;
  }

  /** Merges what is worth keeping of the products into the rows' state, and into the columns' where those are rows, too. */
  private scan(step: SearchStep, block: number, m: number, columns: number, count: number): void {
    const { own, capacity, scanner, found } = this;
    const { blockRows } = this.job.plan;
    const redo = step.pairs === 'redo';
    const mirrored = this.mirrored(step, columns) && columns > step.firstBlock + block;
    const rowsAt = block * blockRows;
    const columnRowsAt = (columns - step.firstBlock) * blockRows;
    const ids = (position: number) => this.job.layout.order + 4 * position;
    const rowIds = redo ? this.job.layout.redo + 4 * rowsAt : ids((step.firstBlock + block) * blockRows);
    const columnIds = ids(columns * blockRows);
    for (let row = 0; row < m;) {
      this.rowBounds.set(this.bounds.subarray(rowsAt, rowsAt + m));
      if (mirrored) this.columnBounds.set(this.bounds.subarray(columnRowsAt, columnRowsAt + count));
      else this.columnBounds.fill(Infinity, 0, count);
      row = scanner.scan(own.products, row, m, count, own.rowBounds, own.columnBounds, own.found, capacity);
      const forth = found.subarray(0, 2 * scanner.rowsFound);
      this.merge(forth, block, rowsAt, rowIds, columnIds, this.keep(step, redo ? -1 : step.firstBlock + block));
      const back = found.subarray(2 * capacity, 2 * (capacity + scanner.columnsFound));
      this.merge(back, columns - step.firstBlock, columnRowsAt, columnIds, rowIds, this.keep(step, columns));
    }
  }

  private merge(list: Uint32Array, block: number, firstRow: number, owners: number, others: number, k: number): void {
    if (list.length === 0) return;
    const { scratch, state, rows } = this.job.layout;
    this.list.set(list);
    while (Atomics.compareExchange(this.locks, block, 0, 1) !== 0) Atomics.wait(this.locks, block, 1, 10);
    this.topk.merge(scratch[this.thread], list.length / 2, firstRow, rows, owners, others, state, k);
    Atomics.store(this.locks, block, 0);
    Atomics.notify(this.locks, block, 1);
  }

  /** How many the rows of a block keep in this step. */
  private keep(step: SearchStep, block: number): number {
    const { k, sampleRank } = this.job.plan;
    return step.pairs === 'sample' && !this.inSample(block) ? sampleRank : k;
  }

  private inSample(block: number): boolean {
    return block < this.job.plan.sampleBlocks;
  }

  /** Writes rows where they belong; notes those that found too few, where the step asks for it. */
  private finish({ redo, firstBlock }: Extract<Step, { do: 'finish' }>, first: number, last: number): void {
    const { plan, layout, memory, graph } = this.job;
    const { topk, order } = this;
    const instances = redo ? this.redo : order.subarray(firstBlock * plan.blockRows);
    const rows = { topk, memory, state: layout.state, scratch: layout.scratch[this.thread], blockRows: plan.blockRows };
    handOver({ ...rows, graph }, first, last, instances, (instance) => {
      if (redo || plan.sampleBlocks === 0) return;
      this.redo[Atomics.add(this.job.counters, counter.redo, 1)] = instance;
    });
  }

  private instances(step: SearchStep): Int32Array {
    return step.pairs === 'redo' ? this.redo : this.order.subarray(step.firstBlock * this.job.plan.blockRows);
  }
}
