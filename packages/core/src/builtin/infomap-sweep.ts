import { on } from 'node:events';
import { startWorker } from '../compute/start-worker.js';
import {
  scoreRange,
  stabilitySearch,
  sweepOf,
  type StabilityOptions,
  type StableThreshold,
} from '../graph/stability.js';
import { chainOn, chains, type ChainBase, type ChainStart } from './infomap-chain.js';

export interface InfomapSweep extends ChainBase, Pick<StabilityOptions, 'onPoint'> {
  readonly threads: number;
}

/** Links that are worth a thread. */
const manyLinks = 200_000;
/** How far a thread may be ahead. */
const ahead = 2;

/**
 * The threshold at which the modules of an undirected network change least, without labels; `scores` are those of its links. Some 30 short runs,
 * in two chains that two threads share where there are as many; what is found does not depend on it.
 */
export async function stableInfomap(scores: Float32Array, sweep: InfomapSweep): Promise<StableThreshold> {
  const { rows, threads, onPoint } = sweep;
  const [low, high] = scoreRange(scores);
  const search = stabilitySearch(rows.n, low, high, { nested: 'nearly', scores, onPoint });
  const thresholds = sweepOf(low, high);
  const own = Array.from({ length: chains }, () => chainOn(sweep));
  const elsewhere = threads > 1 && rows.targets.length >= manyLinks ? new ChainElsewhere(sweep, thresholds) : undefined;
  try {
    let step = search.next();
    for (let at = 0; step.done !== true; at++) {
      const chain = at % chains;
      const modules = chain === 0 || elsewhere === undefined ? own[chain](step.value) : await elsewhere.next();
      step = search.next(modules);
    }
    return step.value;
  } finally {
    await elsewhere?.end();
  }
}

/** The chain of every other threshold, on a thread of its own. */
class ChainElsewhere {
  private readonly allowed = new Int32Array(new SharedArrayBuffer(4)).fill(ahead);
  private readonly worker;
  private readonly messages;

  constructor({ rows, weight, seed }: ChainBase, thresholds: Float64Array) {
    const start: ChainStart = {
      rows,
      weight,
      seed,
      thresholds: thresholds.filter((_, at) => at % chains === 1),
      allowed: this.allowed,
    };
    this.worker = startWorker('./infomap-chain-worker', import.meta.url, start);
    this.messages = on(this.worker, 'message', { close: ['exit'] });
  }

  async next(): Promise<Int32Array> {
    const message = (await this.messages.next()) as IteratorResult<[Int32Array], undefined>;
    if (message.done === true) throw new Error('a worker thread ended before its work was done');
    this.allow(Atomics.load(this.allowed, 0) + 1);
    return message.value[0];
  }

  async end(): Promise<void> {
    this.allow(-1);
    await this.messages.return!();
    await this.worker.terminate();
  }

  private allow(count: number): void {
    Atomics.store(this.allowed, 0, count);
    Atomics.notify(this.allowed, 0);
  }
}
