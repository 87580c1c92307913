import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import type { Compute } from '../compute/compute.js';
import { tryEngine } from '../compute/create-compute.js';
import { endWorker, startWorker } from '../compute/start-worker.js';
import type { Features } from '../data/features.js';
import type { ForwardModel } from './forward.js';
import {
  compactWeights,
  tableOf,
  tableTask,
  taskOf,
  type ForwardAnswer,
  type ForwardBatch,
  type ForwardStart,
} from './forward-messages.js';

/** Multiply-adds, about, after which other threads are started: a few times what they take to be there. */
const worthThreads = 2 ** 34;
/** Batches that a worker has waiting or in work, so that it never waits for this thread, which does batches of its own. */
const inHand = 3;
/** Outputs that are kept for an earlier one to come. */
const mostAhead = 32;

/** A worker, and the batches it was sent and has not answered. */
interface Helper {
  readonly worker: Worker;
  readonly batches: Map<number, ForwardBatch>;
  table: Features | undefined;
  state: 'starting' | 'ready' | 'gone';
}

/**
 * Runs a model over many batches on several threads. Each has an engine of one thread: batches of small graphs are propagated
 * and multiplied in turns too short to be shared among threads. Until others are there, the model as it is does everything.
 * Dismiss the crew after use.
 */
export class ForwardCrew {
  private helpers: Helper[] = [];
  private single: { readonly compute: Compute; readonly model: ForwardModel } | undefined;
  private readonly ready = new Map<number, Float32Array>();
  private taken = 0;
  private multiplied = 0;
  private readonly perRow: number;
  private wake: () => void = () => undefined;

  /** `again` opens `own`, which is the model of the job, once more on another engine. */
  constructor(
    private readonly own: ForwardModel,
    private readonly again: (engine: Compute) => Promise<ForwardModel>,
    private readonly job: Omit<ForwardStart, 'engine'>,
    private readonly compute: Compute,
    private readonly worth = worthThreads,
  ) {
    this.perRow = [...job.weights.values()].reduce((sum, { values }) => sum + values.length, 0);
  }

  /** Whether other threads may take part: a GPU, or tfjs, which is slow to load again, is driven from one alone. */
  get shares(): boolean {
    const { device, threads, engine } = this.compute;
    return device === 'cpu' && threads > 1 && engine !== 'tfjs';
  }

  /** The batches with their outputs, in their order. One run at a time. */
  async *outputs<Batch extends ForwardBatch>(batches: Iterable<Batch>): AsyncGenerator<readonly [Batch, Float32Array]> {
    const waiting = new Map<number, Batch>();
    const iterator = batches[Symbol.iterator]();
    let isOver = false;
    let given = this.taken;
    const next = (): readonly [number, Batch] | undefined => {
      const found = isOver ? undefined : iterator.next();
      isOver ||= found!.done === true;
      if (isOver) return undefined;
      waiting.set(this.taken, found!.value as Batch);
      return [this.taken++, found!.value as Batch];
    };
    try {
      for (;;) {
        const mayTake = this.ready.size < mostAhead;
        if (mayTake) this.handOut(next);
        const task = this.orphan() ?? (mayTake ? next() : undefined);
        if (task !== undefined) this.ready.set(task[0], await this.run(task[1]));
        for (let output = this.ready.get(given); output !== undefined; output = this.ready.get(given)) {
          const batch = waiting.get(given)!;
          waiting.delete(given);
          this.ready.delete(given++);
          yield [batch, output];
        }
        if (isOver && given === this.taken) return;
        if (task === undefined && this.isAwaited()) await this.answer();
        else await setImmediate(); // for the answers of workers
      }
    } finally {
      iterator.return?.();
      this.ready.clear();
      for (const { batches: inWork } of this.helpers) inWork.clear();
    }
  }

  async dismiss(): Promise<void> {
    const { helpers, single } = this;
    this.helpers = [];
    this.single = undefined;
    await Promise.all(helpers.map(({ worker }) => endWorker(worker)));
    await single?.model.dispose();
    await single?.compute.dispose();
  }

  /** Fills the hands of the workers that are there. */
  private handOut(next: () => readonly [number, ForwardBatch] | undefined): void {
    for (const helper of this.helpers) {
      while (helper.state === 'ready' && helper.batches.size < inHand) {
        const task = next();
        if (task === undefined) return;
        const table = tableOf(task[1].rows);
        if (table !== undefined && table !== helper.table) helper.worker.postMessage(tableTask((helper.table = table)));
        helper.batches.set(...task);
        helper.worker.postMessage(taskOf(...task));
      }
    }
  }

  /** A batch of a worker that is gone, or failed at it. */
  private orphan(): readonly [number, ForwardBatch] | undefined {
    for (const { state, batches } of this.helpers) {
      const [first] = state === 'gone' ? batches : [];
      if (first === undefined) continue;
      batches.delete(first[0]);
      return first;
    }
    return undefined;
  }

  private async run({ rows, graph }: ForwardBatch): Promise<Float32Array> {
    this.multiplied += rows.n * this.perRow;
    const { threads, engine } = this.compute;
    if (this.shares && this.helpers.length === 0 && this.multiplied >= this.worth) this.start(threads - 1);
    if (this.single === undefined && this.helpers.some(({ state }) => state === 'ready')) {
      const compute = await tryEngine(engine, { device: 'cpu', threads: 1 });
      this.single = { compute, model: await this.again(compute) };
    }
    return (this.single?.model ?? this.own).run(rows, graph);
  }

  /** Whether a worker that is there has batches in hand. */
  private isAwaited(): boolean {
    return this.helpers.some(({ state, batches }) => state !== 'gone' && batches.size > 0);
  }

  /** Until a worker has answered, or is gone. They keep the process alive for so long. */
  private async answer(): Promise<void> {
    for (const { worker } of this.helpers) worker.ref();
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    for (const { worker } of this.helpers) worker.unref();
  }

  private start(count: number): void {
    const weights = compactWeights(this.job.weights);
    const start: ForwardStart = { ...this.job, weights, engine: this.compute.engine };
    this.helpers = Array.from({ length: count }, () => {
      const worker = startWorker('./forward-worker', import.meta.url, start);
      const helper: Helper = { worker, batches: new Map(), table: undefined, state: 'starting' };
      const gone = (): void => {
        helper.state = 'gone';
        this.wake();
      };
      worker.on('error', gone);
      worker.on('exit', gone);
      worker.on('message', (answer: ForwardAnswer) => {
        if ('ready' in answer) helper.state = 'ready';
        // a batch that failed there fails here as well, with an error for the user
        else if (answer.output === undefined) return gone();
        else if (helper.batches.delete(answer.number)) this.ready.set(answer.number, answer.output);
        this.wake();
      });
      worker.unref();
      return helper;
    });
  }
}
