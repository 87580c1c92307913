import { parentPort, workerData } from 'node:worker_threads';
import { tryEngine } from '../compute.js';
import type { SearchJob, Step } from './job.js';
import { Member } from './member.js';

/** What a worker thread of a search starts with. */
export interface WorkerStart {
  readonly job: SearchJob;
  readonly thread: number;
}

const { job, thread } = workerData as WorkerStart;
const compute = await tryEngine(job.engine, { device: 'cpu', threads: 1 });
const member = new Member(job, thread, compute);
parentPort!.on('message', (step: Step) => {
  // a rejection ends the worker and reaches the main thread as its error
  void member.take(step).then(() => parentPort!.postMessage('done'));
});
