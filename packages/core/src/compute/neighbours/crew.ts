import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import type { Compute } from '../compute.js';
import { tryEngine } from '../create-compute.js';
import { endWorker, startWorker } from '../start-worker.js';
import { counter, type CrewJob, type CrewMember } from './crew-job.js';
import type { WorkerStart } from './crew-worker.js';

/** The threads of a job: this one, and workers where there is work for more. */
export class Crew<Step> {
  private readonly ends: readonly Promise<never>[];

  private constructor(
    private readonly job: CrewJob,
    private readonly self: CrewMember<Step>,
    private readonly borrowed: Compute | undefined,
    private readonly workers: readonly Worker[],
  ) {
    this.ends = workers.map(endOf);
  }

  /**
   * Engines on a CPU get one thread each; that scales better than one engine with many threads, whose products one thread
   * would have to scan. A GPU, or tfjs (which is slow to load again), is driven from here alone.
   *
   * @param worker the module of the other threads, see `joinCrew`
   * @param enlist makes the member of this thread, with the engine it is given
   */
  static async gather<Step>(
    job: CrewJob,
    threads: number,
    compute: Compute,
    worker: string,
    enlist: (compute: Compute) => CrewMember<Step>,
  ): Promise<Crew<Step>> {
    const own = threads === 1 && (compute.threads === 1 || compute.device === 'gpu' || compute.engine === 'tfjs');
    const single = own ? undefined : await tryEngine(job.engine, { device: 'cpu', threads: 1 });
    const self = enlist(single ?? compute); // before any worker is there to be left behind
    const workers = Array.from({ length: threads - 1 }, (_, i) =>
      startWorker(worker, import.meta.url, { job, thread: i + 1 } satisfies WorkerStart),
    );
    return new Crew(job, self, single, workers);
  }

  /** Has everybody take tasks of a step until none are left. Workers still starting up join as soon as they can. */
  async do(step: Step): Promise<void> {
    Atomics.store(this.job.counters, counter.task, 0);
    const others = this.workers.map(async (worker, w) => {
      worker.postMessage(step);
      await Promise.race([once(worker, 'message'), this.ends[w]]);
    });
    const all = Promise.all(others);
    all.catch(() => this.stop());
    try {
      await this.self.take(step);
    } catch (error) {
      this.stop();
      await all.catch(() => undefined);
      throw error;
    }
    await all;
  }

  async dismiss(): Promise<void> {
    this.stop();
    await Promise.all(this.workers.map(endWorker));
    await this.borrowed?.dispose();
  }

  private stop(): void {
    Atomics.store(this.job.counters, counter.stop, 1);
  }
}

/** Rejects when a worker ends: while there is work, it has no reason to but an error. */
function endOf(worker: Worker): Promise<never> {
  const end = new Promise<never>((_, reject) => {
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('a worker thread ended before its work was done')));
  });
  end.catch(() => undefined);
  return end;
}
