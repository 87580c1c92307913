import type { Worker } from 'node:worker_threads';
import { startWorker } from '../start-worker.js';
import type { KernelMemory } from './memory.js';
import { closed, takeRows, word, words } from './propagation-job.js';
import type { PropagateKernel } from './spmm.js';

/**
 * Multiply-adds of a call from which on several threads gain: below it, what one thread has just written has to travel to
 * the cache of the other. And those of large calls together after which threads are started, about half a second of work.
 */
const worthSharing = 2 ** 26;
const worthThreads = 2 ** 30;

/**
 * Propagates on several threads over one shared memory, in calls that return when the rows are done: rows are taken by
 * whoever is free, and each is summed by one thread alone, so that the result is the same for any number of them. Threads start
 * once there has been enough to do; until they are there, this one does everything. Dismiss the crew after use.
 */
export class PropagationCrew {
  private readonly control = new Int32Array(new SharedArrayBuffer(4 * words)).fill(closed, word.gate, word.gate + 1);
  private workers: readonly Worker[] = [];
  private memory: KernelMemory | undefined;
  private done = 0;

  constructor(private readonly threads: number) {}

  /** `propagate` is the kernel over `memory`, the other arguments are its own; `entries` those of the matrix. */
  do(memory: KernelMemory, propagate: PropagateKernel, entries: number, ...given: Parameters<PropagateKernel>): void {
    const { control } = this;
    const lowest = given.at(-1)!;
    const dim = given[1];
    if (entries * dim < worthSharing) return propagate(...given);
    this.done += entries * dim;
    if (this.workers.length === 0 && this.done > worthThreads) this.start();
    if (this.workers.length === 0) return propagate(...given);
    if (memory !== this.memory) this.handOut(memory);
    control.set(given.slice(0, -1), word.count);
    new Float32Array(control.buffer)[word.lowest] = lowest;
    control[word.next] = 0;
    Atomics.store(control, word.gate, 0);
    Atomics.add(control, word.turn, 1);
    Atomics.notify(control, word.turn);
    takeRows(control, propagate);
    Atomics.add(control, word.gate, closed);
    for (let gate = Atomics.load(control, word.gate); gate !== closed; gate = Atomics.load(control, word.gate))
      Atomics.wait(control, word.gate, gate);
  }

  async dismiss(): Promise<void> {
    const { workers } = this;
    this.workers = [];
    this.memory = undefined;
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  private start(): void {
    this.workers = Array.from({ length: this.threads - 1 }, () => {
      const worker = startWorker('./propagation-worker', import.meta.url, this.control);
      // one that can't start is missed by nobody: its rows are taken by the others
      worker.on('error', () => undefined);
      worker.unref();
      return worker;
    });
  }

  private handOut(memory: KernelMemory): void {
    this.memory = memory;
    Atomics.add(this.control, word.memory, 1);
    for (const worker of this.workers) worker.postMessage(memory);
  }
}
