import type { Features } from '../../data/features.js';
import { allocateKnnGraph, type KnnGraph } from '../../data/knn-graph.js';
import { sharedInt32 } from '../../data/shared-arrays.js';
import type { Log, Progress } from '../../stages/services.js';
import type { Compute } from '../compute.js';
import { allocateMemory, kernelKind } from '../kernels/memory.js';
import { clearState } from '../kernels/topk.js';
import { assertRoom } from '../room.js';
import { Crew } from './crew.js';
import { counter, counters } from './crew-job.js';
import { announce, Pace } from './forecast.js';
import { layOutJob, type SearchJob, type Step } from './job.js';
import { Member } from './member.js';
import { orderOfWork, planSearch, type PlanLimits, type SearchPlan } from './plan.js';

/** What a product with the sample, which comes first, costs compared to a later one: more of it is kept. */
const sampleCost = 1.5;

/** Multiplications below which a second thread costs more to start than it saves. */
const worthAThread = 1e10;

export interface SearchServices {
  readonly compute: Compute;
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Hears how long a search will take, where that is more than a minute. */
  readonly log?: Log | undefined;
}

/** What to do where the graph and the lists of a search do not fit. */
export const roomWayOut = 'lower k, set data.storage: float16, or use a machine with more memory';

/** For tests and measurements; the defaults are what serves best. */
export interface SearchTuning extends PlanLimits {
  readonly threads?: number | undefined;
  readonly kernels?: 'wasm' | 'plain' | undefined;
}

/**
 * The k nearest neighbours of each instance by inner product (cosine, on normalised rows), exact to float32 rounding of the
 * products; equal products go to the lower id. Only the upper triangle of the n x n products is made, block by block, and
 * each product serves both sides. The result is the same for any number of threads.
 *
 * O(n² dim) time; besides features and result 12 n k bytes, less where they pass 4 GiB: rows are then searched in shards.
 *
 * @throws L2cError E_MEMORY; the signal's reason, when it is aborted
 */
export async function exactNeighbours(
  features: Features,
  k: number,
  services: SearchServices,
  tuning: SearchTuning = {},
): Promise<KnnGraph> {
  const { n, dim } = features;
  if (!(Number.isInteger(k) && k >= 1 && k < n)) throw new RangeError(`${n} instances have no ${k} neighbours`);
  const { compute, progress, signal, log } = services;
  const plan = planSearch(n, k, tuning);
  const threads = tuning.threads ?? threadsFor(compute, n * n * dim);
  const layout = layOutJob(plan, threads);
  const bytes = layout.bytes + 8 * n * k;
  assertRoom(bytes, '', `lists of ${k} neighbours of ${n} instances`, roomWayOut);
  const kind = tuning.kernels ?? (compute.engine === 'plain' ? 'plain' : kernelKind);
  const memory = allocateMemory(kind, layout.bytes, true);
  const graph = allocateKnnGraph(n, k);
  const job: SearchJob = {
    plan,
    layout,
    kind,
    memory,
    engine: compute.engine,
    counters: sharedInt32(counters),
    features: features.parts,
    graph,
  };
  orderOfWork(plan, new Int32Array(memory.buffer, layout.order, n));
  new Int32Array(memory.buffer, layout.rows, plan.blockRows).forEach((_, r, rows) => (rows[r] = r));
  const total = productCount(plan);
  const work = (products: number): number => products + (sampleCost - 1) * Math.min(products, sampleCount(plan));
  const pace = new Pace((seconds) => announce(log, seconds, bytes + features.bytes));
  const onProduct = (): void => {
    signal?.throwIfAborted();
    const done = Math.min(total, Atomics.load(job.counters, counter.products));
    progress?.update((n * done) / total, n, 'faces');
    pace.update(work(done), work(total));
  };
  const member = (single: Compute) => new Member(job, 0, single, onProduct);
  const crew = await Crew.gather<Step>(job, threads, compute, './worker', member);
  try {
    for (let firstBlock = 0; firstBlock < plan.blocks; firstBlock += plan.shardBlocks) {
      signal?.throwIfAborted();
      await searchShard(crew, job, firstBlock);
    }
    progress?.update(n, n, 'faces');
  } finally {
    await crew.dismiss();
  }
  return graph;
}

/** Searches the rows of `shardBlocks` blocks against everything, and again those for which the sample promised too much. */
async function searchShard(crew: Crew<Step>, job: SearchJob, firstBlock: number): Promise<void> {
  const { plan, layout, memory } = job;
  const rows = Math.min(plan.shardBlocks * plan.blockRows, plan.n - firstBlock * plan.blockRows);
  clearState(memory, layout.state, rows);
  if (plan.sampleBlocks > 0) {
    await crew.do({ do: 'search', pairs: 'sample', rows, firstBlock });
    await crew.do({ do: 'settle', rows, firstBlock });
  }
  await crew.do({ do: 'search', pairs: 'rest', rows, firstBlock });
  await crew.do({ do: 'finish', rows, firstBlock, redo: false });
  const again = Atomics.exchange(job.counters, counter.redo, 0);
  if (again === 0) return;
  // threads noted them in any order; how a block is made up must not depend on that, for products may round by its size
  new Int32Array(memory.buffer, layout.redo, again).sort();
  clearState(memory, layout.state, again);
  await crew.do({ do: 'search', pairs: 'redo', rows: again, firstBlock: 0 });
  await crew.do({ do: 'finish', rows: again, firstBlock: 0, redo: true });
}

export function threadsFor(compute: Compute, multiplications: number): number {
  if (compute.device === 'gpu' || compute.engine === 'tfjs') return 1;
  return Math.max(1, Math.min(compute.threads, Math.floor(multiplications / worthAThread)));
}

/** Block products with the sample, those of later shards left out. */
function sampleCount({ blocks, sampleBlocks }: SearchPlan): number {
  return (sampleBlocks * (2 * blocks - sampleBlocks + 1)) / 2;
}

/** Block products of all shards, without those searched again. */
function productCount({ blocks, shardBlocks }: SearchPlan): number {
  let count = 0;
  for (let first = 0; first < blocks; first += shardBlocks) {
    const own = Math.min(shardBlocks, blocks - first);
    count += own * (blocks - own) + (own * (own + 1)) / 2;
  }
  return count;
}
