import { parentPort, workerData } from 'node:worker_threads';
import type { Compute } from '../compute.js';
import { tryEngine } from '../create-compute.js';
import { lastMessage } from '../start-worker.js';
import type { CrewJob, CrewMember } from './crew-job.js';

/** What a worker thread of a crew starts with. */
export interface WorkerStart<Job extends CrewJob = CrewJob> {
  readonly job: Job;
  readonly thread: number;
}

/** Takes part in the steps of a job for as long as the crew is there: all that the module of a worker does. */
export async function joinCrew<Job extends CrewJob, Step>(
  enlist: (job: Job, thread: number, compute: Compute) => CrewMember<Step>,
): Promise<void> {
  const { job, thread } = workerData as WorkerStart<Job>;
  const compute = await tryEngine(job.engine, { device: 'cpu', threads: 1 });
  const member = enlist(job, thread, compute);
  let last: Promise<void> = Promise.resolve();
  parentPort!.on('message', (step: Step | typeof lastMessage) => {
    // a rejection ends the worker and reaches the main thread as its error
    last = last.then(() => (step === lastMessage ? leave(compute) : take(step)));
  });

  async function take(step: Step): Promise<void> {
    await member.take(step);
    parentPort!.postMessage('done');
  }
}

async function leave(compute: Compute): Promise<void> {
  await compute.dispose();
  parentPort!.close();
}
