import { setImmediate } from 'node:timers/promises';
import { Features } from '../../data/features.js';
import type { Compute } from '../compute.js';
import { allocateMemory } from '../kernels/memory.js';
import { scanKernel } from '../kernels/scan-kernel.js';
import type { ScanKernel } from '../kernels/scan.js';
import { topkKernel } from '../kernels/topk-kernel.js';
import type { TopkKernel } from '../kernels/topk.js';
import { counter, type CrewMember } from '../neighbours/crew-job.js';
import { gatherRows } from '../neighbours/gather-rows.js';
import { handOver, layOutOwn, listCapacity } from '../neighbours/scratch.js';
import { blockRows, stripes, type CellJob, type CellMap, type CellStep } from './cell-job.js';
import { cut } from './cell-map.js';
import { openCentres, type NearestCentres } from './nearest-centres.js';

type Probe = Extract<CellStep, { do: 'probe' }>;
type Join = Extract<CellStep, { do: 'join' }>;

const capacity = listCapacity(blockRows);

/**
 * One thread's part in a search by cells. Each pair of instances that is compared is compared for both of them, and offered to
 * each of them once. So the result doesn't depend on who took what when: the best k under a total order are the same in
 * whatever order they come.
 */
export class CellMember implements CrewMember<CellStep> {
  private readonly features: Features;
  private readonly scanner: ScanKernel;
  private readonly topk: TopkKernel;
  private readonly own = layOutOwn(blockRows, capacity);
  private readonly products: Float32Array;
  private readonly rowBounds: Float32Array;
  private readonly columnBounds: Float32Array;
  private readonly found: Uint32Array;
  private readonly list: Uint32Array;
  private readonly order: Int32Array;
  private readonly bounds: Float32Array;
  private readonly rows: Int32Array;
  private readonly owners: Int32Array;
  private readonly rowCells = new Int32Array(blockRows);
  private readonly rowStripes = new Int32Array(blockRows);
  private readonly rowValues: Float32Array;
  private readonly columnValues: Float32Array;
  /** The first position of the block that columnValues holds: many visitors in a row want the same. */
  private columnsFrom = -1;

  constructor(
    private readonly job: CellJob,
    private readonly thread: number,
    private readonly compute: Compute,
    /** Called after each task; may throw to stop. */
    private readonly onTask: () => void = () => undefined,
  ) {
    const { layout, kind, memory } = job;
    const { n, dim } = job.features;
    const { buffer } = memory;
    this.features = Features.of(job.features);
    const own = allocateMemory(kind, this.own.bytes, false);
    this.scanner = scanKernel(kind, own);
    this.topk = topkKernel(kind, memory);
    this.products = new Float32Array(own.buffer, this.own.products, blockRows ** 2);
    this.rowBounds = new Float32Array(own.buffer, this.own.rowBounds, blockRows);
    this.columnBounds = new Float32Array(own.buffer, this.own.columnBounds, blockRows);
    this.found = new Uint32Array(own.buffer, this.own.found, 4 * capacity);
    this.list = new Uint32Array(buffer, layout.scratch[thread], 2 * capacity);
    this.order = new Int32Array(buffer, layout.order, n);
    this.bounds = new Float32Array(buffer, layout.state.bounds, layout.shardRows);
    this.rows = new Int32Array(buffer, layout.blocks[thread].rows, blockRows);
    this.owners = new Int32Array(buffer, layout.blocks[thread].owners, blockRows);
    this.rowValues = new Float32Array(blockRows * dim);
    this.columnValues = new Float32Array(blockRows * dim);
  }

  async take(step: CellStep): Promise<void> {
    if (step.do !== 'probe') return this.takeTasks(step);
    const { centres, probes } = step;
    const nearest = await openCentres(this.compute, this.job.kind, centres, this.features.dim, probes);
    try {
      await this.takeTasks(step, nearest);
    } finally {
      await nearest.dispose();
    }
  }

  private async takeTasks(step: CellStep, centres?: NearestCentres): Promise<void> {
    const { counters } = this.job;
    const tasks = this.taskCount(step);
    for (;;) {
      const task = Atomics.add(counters, counter.task, 1);
      if (task >= tasks || Atomics.load(counters, counter.stop) !== 0) return;
      if (this.thread === 0) await setImmediate(); // signals and timers get their turn
      if (step.do === 'probe') await this.probe(step, centres!, task * blockRows);
      else if (step.do === 'join') await this.join(step, task);
      else this.finish(step, task * blockRows);
      Atomics.add(counters, counter.products, 1);
      this.onTask();
    }
  }

  private taskCount(step: CellStep): number {
    if (step.do === 'join') return step.tasks.length / 3;
    const rows = step.do === 'probe' ? (step.instances?.length ?? this.features.n) : step.shard.last - step.shard.first;
    return Math.ceil(rows / blockRows);
  }

  /** The nearest cells of a block of instances. */
  private async probe({ instances, probes, out }: Probe, centres: NearestCentres, first: number): Promise<void> {
    const count = Math.min(blockRows, (instances?.length ?? this.features.n) - first);
    if (instances === undefined) this.features.copyRows(first, first + count, this.rowValues);
    else gatherRows(this.features, instances, first, count, this.rowValues);
    await centres.find(this.rowValues, count, out.subarray(first * probes, (first + count) * probes));
  }

  /** Compares a block of a cell's own, or of its visitors, with all of its own that come no earlier. */
  private async join(step: Join, task: number): Promise<void> {
    const { map, own, tasks } = step;
    const [cell, first, last] = tasks.subarray(3 * task, 3 * task + 3);
    const m = last - first;
    for (let r = 0; r < m; r++) {
      const position = own ? first + r : map.visits[first + r];
      this.rows[r] = position - step.shard.first;
      this.owners[r] = this.order[position];
      this.rowCells[r] = map.probed[this.owners[r] * map.probes];
      this.rowStripes[r] = stripeOf(this.rowCells[r], map);
    }
    gatherRows(this.features, this.owners, 0, m, this.rowValues);
    const columns: [number, number][] = [];
    cut(map.starts[cell], map.starts[cell + 1], (start, end) => {
      if (!own || start >= first) columns.push([start, end]);
    });
    for (const [start, end] of columns) {
      const count = end - start;
      const itself = own && start === first;
      const values = itself ? this.rowValues : this.columnValues;
      if (!itself && start !== this.columnsFrom) {
        gatherRows(this.features, this.order, start, count, values);
        this.columnsFrom = start;
      }
      const products = this.products.subarray(0, m * count);
      await this.compute.gemmTransposed(this.rowValues, m, values, count, this.features.dim, products);
      this.scan(step, cell, m, start, count, !itself);
    }
  }

  /** Merges what is worth keeping of the products into the rows' state and, if they are `mutual`, into the columns'. */
  private scan(step: Join, cell: number, m: number, start: number, count: number, mutual: boolean): void {
    const { own, found, scanner } = this;
    const { layout } = this.job;
    const block = layout.blocks[this.thread];
    const columnIds = layout.order + 4 * start;
    const columnRow = start - step.shard.first;
    for (let row = 0; row < m;) {
      for (let r = row; r < m; r++) this.rowBounds[r] = this.boundOf(this.rows[r], step);
      if (mutual) for (let c = 0; c < count; c++) this.columnBounds[c] = this.boundOf(columnRow + c, step);
      else this.columnBounds.fill(Infinity, 0, count);
      row = scanner.scan(own.products, row, m, count, own.rowBounds, own.columnBounds, own.found, capacity);
      this.list.set(found.subarray(0, 2 * scanner.rowsFound));
      const forth = scanner.rowsFound;
      for (let e = 0; e < forth;) {
        const stripe = this.rowStripes[this.list[2 * e] >>> 16];
        const end = step.own ? forth : this.endOfStripe(e, forth, stripe);
        this.merge(stripe, e, end, 0, block.rows, block.owners, columnIds);
        e = end;
      }
      const back = this.takeBack(step, start, scanner.columnsFound);
      if (back > 0) this.merge(stripeOf(cell, step.map), 0, back, columnRow, layout.rows, columnIds, block.owners);
    }
  }

  /** What a row must reach to get in; nothing gets in where it has no state. */
  private boundOf(row: number, { shard }: Join): number {
    return row >= 0 && row < shard.last - shard.first ? this.bounds[row] : Infinity;
  }

  /** Where in the list the rows of a stripe end: rows are ascending positions, so they follow each other. */
  private endOfStripe(first: number, length: number, stripe: number): number {
    const { list, rowStripes } = this;
    let end = first + 1;
    while (end < length && rowStripes[list[2 * end] >>> 16] === stripe) end++;
    return end;
  }

  /**
   * Lists what was found for the columns, without the rows in whose cells the column's instance looks for itself: it
   * finds them there. Returns how many are left.
   */
  private takeBack({ own, map }: Join, start: number, length: number): number {
    const { list, found, order, rowCells } = this;
    const { probes, probed } = map;
    const from = 2 * capacity;
    if (own) {
      list.set(found.subarray(from, from + 2 * length));
      return length;
    }
    let kept = 0;
    for (let e = from; e < from + 2 * length; e += 2) {
      const place = found[e];
      const cell = rowCells[place & 0xffff];
      const first = order[start + (place >>> 16)] * probes;
      let p = first + 1;
      while (p < first + probes && probed[p] !== cell) p++;
      if (p < first + probes) continue;
      list[2 * kept] = place;
      list[2 * kept + 1] = found[e + 1];
      kept++;
    }
    return kept;
  }

  private merge(
    stripe: number,
    first: number,
    last: number,
    firstRow: number,
    rows: number,
    owners: number,
    others: number,
  ): void {
    const { locks, layout, graph } = this.job;
    const list = layout.scratch[this.thread] + 8 * first;
    while (Atomics.compareExchange(locks, stripe, 0, 1) !== 0) Atomics.wait(locks, stripe, 1, 10);
    this.topk.merge(list, last - first, firstRow, rows, owners, others, layout.state, graph.k);
    Atomics.store(locks, stripe, 0);
    Atomics.notify(locks, stripe, 1);
  }

  private finish({ shard }: Extract<CellStep, { do: 'finish' }>, first: number): void {
    const { layout, memory, graph } = this.job;
    const rows = { topk: this.topk, memory, state: layout.state, scratch: layout.scratch[this.thread], blockRows };
    const last = Math.min(shard.last - shard.first, first + blockRows);
    handOver({ ...rows, graph }, first, last, this.order.subarray(shard.first));
  }
}

function stripeOf(cell: number, { cells }: CellMap): number {
  return Math.floor((cell * stripes) / cells);
}
