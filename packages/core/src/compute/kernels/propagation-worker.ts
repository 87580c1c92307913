import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { instantiate, type KernelMemory } from './memory.js';
import { propagateSharedWasm } from './propagate-shared.wasm.js';
import { closed, takeRows, word } from './propagation-job.js';
import type { PropagateKernel } from './spmm.js';

// A thread of a PropagationCrew: sleeps until there is a job, and enters it if it is still open.
const control = workerData as Int32Array;
let turn = 0;
let memories = 0;
let propagate: PropagateKernel | undefined;

for (;;) {
  Atomics.wait(control, word.turn, turn);
  turn = Atomics.load(control, word.turn);
  if (!enter()) continue;
  takeRows(control, kernel());
  if (Atomics.sub(control, word.gate, 1) === closed + 1) Atomics.notify(control, word.gate);
}

function enter(): boolean {
  for (;;) {
    const inside = Atomics.load(control, word.gate);
    if (inside < 0) return false;
    if (Atomics.compareExchange(control, word.gate, inside, inside + 1) === inside) return true;
  }
}

/** The kernel over the memory of the job: each is handed out before the first job in it. */
function kernel(): PropagateKernel {
  while (memories < control[word.memory]) {
    const received = receiveMessageOnPort(parentPort!) as { message: KernelMemory } | undefined;
    if (received === undefined) continue;
    memories++;
    if (memories < control[word.memory]) continue;
    propagate = instantiate<{ propagate: PropagateKernel }>(propagateSharedWasm, received.message).propagate;
  }
  return propagate!;
}
