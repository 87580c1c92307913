import type { Worker } from 'node:worker_threads';
import { startWorker } from '../../compute/start-worker.js';
import { expectShared } from '../../data/shared-arrays.js';
import { createRandom } from '../../stages/random.js';
import type { FlowLinks, FlowNetwork } from './flow-network.js';
import { infomap, type InfomapResult } from './infomap.js';

export interface TrialOptions {
  readonly seed: number;
  /** Runs from other random orders, of which the one of the shortest code is taken. */
  readonly trials: number;
  /** At most; there is no more than one for each trial. */
  readonly threads: number;
  /** Called between passes over the nodes, on this thread; may throw to stop. */
  readonly betweenPasses?: (() => void) | undefined;
  readonly onTrial?: ((done: number) => void) | undefined;
}

/** What a worker starts with; the arrays of the network, and `cells`, are shared. */
export interface TrialStart {
  readonly network: FlowNetwork;
  readonly seed: number;
  readonly trials: number;
  readonly cells: Int32Array;
}

export const trialCell = { next: 0, stop: 1, done: 2 } as const;

/** A trial's result, and which it was. */
export type Trial = InfomapResult & { readonly trial: number };

/**
 * The shortest of several runs of {@link infomap}, which threads share: of equal ones that of the lower number, so the number of
 * threads doesn't matter. With more than one thread what of the network is not in shared memory is copied there once.
 */
export async function infomapTrials(network: FlowNetwork, options: TrialOptions): Promise<InfomapResult> {
  const { seed, trials, betweenPasses, onTrial } = options;
  const threads = Math.max(1, Math.min(options.threads, trials));
  const cells = new Int32Array(new SharedArrayBuffer(12));
  const start = { network: threads === 1 ? network : toShared(network), seed, trials, cells };
  const workers = Array.from({ length: threads - 1 }, () => startWorker('./trial-worker', import.meta.url, start));
  const others = Promise.all(workers.map(resultOf));
  others.catch(() => Atomics.store(cells, trialCell.stop, 1));
  try {
    const own = takeTrials(start, () => {
      betweenPasses?.();
      onTrial?.(Atomics.load(cells, trialCell.done));
    });
    const best = [own, ...(await others)].reduce(shorter);
    if (best === undefined) throw new RangeError(`${trials} trials of infomap`);
    return { modules: best.modules, count: best.count, codeLength: best.codeLength };
  } finally {
    Atomics.store(cells, trialCell.stop, 1);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Runs trials until none is left, and returns the best of those run here. */
export function takeTrials({ network, seed, trials, cells }: TrialStart, between?: () => void): Trial | undefined {
  let best: Trial | undefined;
  const betweenPasses = (): void => {
    if (Atomics.load(cells, trialCell.stop) === 1) throw new Error('stopped');
    between?.();
  };
  for (;;) {
    const trial = Atomics.add(cells, trialCell.next, 1);
    if (trial >= trials) return best;
    best = shorter(best, { ...infomap(network, { random: randomOf(seed, trial), betweenPasses }), trial });
    Atomics.add(cells, trialCell.done, 1);
  }
}

function randomOf(seed: number, trial: number): ReturnType<typeof createRandom> {
  return createRandom((seed + Math.imul(trial, 0x9e3779b1)) >>> 0);
}

function shorter(a: Trial | undefined, b: Trial | undefined): Trial | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.codeLength !== b.codeLength) return a.codeLength < b.codeLength ? a : b;
  return a.trial < b.trial ? a : b;
}

/** Its message, which comes before its end; without one the end is an error. */
function resultOf(worker: Worker): Promise<Trial | undefined> {
  return new Promise((resolve, reject) => {
    worker.on('message', resolve);
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('a worker thread ended before its work was done')));
  });
}

function toShared({ n, visits, out, in: into }: FlowNetwork): FlowNetwork {
  const links = shareLinks(out);
  return { n, visits: shared(visits), out: links, in: into === out ? links : shareLinks(into) };
}

function shareLinks(links: FlowLinks): FlowLinks {
  const { offsets, ends, targets, weights } = links;
  return {
    ...links,
    offsets: shared(offsets),
    ends: shared(ends),
    targets: shared(targets),
    weights: shared(weights),
  };
}

/** The list itself where it is shared already. */
function shared<T extends Int32Array | Float32Array | Float64Array>(list: T): T {
  if (list.buffer instanceof SharedArrayBuffer) return list;
  expectShared(list.byteLength);
  const copy = new (list.constructor as new (buffer: SharedArrayBuffer) => T)(new SharedArrayBuffer(list.byteLength));
  copy.set(list);
  return copy;
}
