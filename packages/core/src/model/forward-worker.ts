import { parentPort, workerData } from 'node:worker_threads';
import { tryEngine } from '../compute/create-compute.js';
import { lastMessage } from '../compute/start-worker.js';
import { Features } from '../data/features.js';
import { ForwardModel } from './forward.js';
import { received, type ForwardAnswer, type ForwardStart, type ForwardTask } from './forward-messages.js';

// A thread of a ForwardCrew: runs the model over the batches that it is sent, one after the other.
const { engine, model, weights, shared } = workerData as ForwardStart;
const compute = await tryEngine(engine, { device: 'cpu', threads: 1 });
const forward = await ForwardModel.open(model, weights, compute, { shared });
let table: Features | undefined;
let last: Promise<void> = Promise.resolve();
let isOver = false;

parentPort!.on('message', (task: ForwardTask | typeof lastMessage) => {
  isOver ||= task === lastMessage;
  last = last.then(() => (task === lastMessage ? leave() : take(task)));
});
answer({ ready: true });

async function take(task: ForwardTask): Promise<void> {
  if (isOver) return;
  if ('table' in task) {
    table = Features.of(task.table);
    return;
  }
  const { number } = task;
  try {
    const output = await forward.run(received(task.rows, table, forward), task.graph);
    answer({ number, output }, [output.buffer as ArrayBuffer]);
  } catch {
    answer({ number }); // the main thread runs it again, and tells its user what is wrong
  }
}

async function leave(): Promise<void> {
  await forward.dispose();
  await compute.dispose();
  parentPort!.close();
}

function answer(message: ForwardAnswer, transfer: readonly ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, transfer);
}
