import type { Features } from '../../data/features.js';
import { allocateKnnGraph, type KnnGraph } from '../../data/knn-graph.js';
import { sharedInt32, sharedUint16 } from '../../data/shared-arrays.js';
import type { Progress, Random } from '../../stages/services.js';
import type { Compute } from '../compute.js';
import { addressableBytes, allocateMemory, kernelKind } from '../kernels/memory.js';
import { clearState, topkBytes, topkCapacity } from '../kernels/topk.js';
import { assertRoom } from '../room.js';
import { Crew } from '../neighbours/crew.js';
import { counter, counters } from '../neighbours/crew-job.js';
import { roomWayOut, threadsFor, type SearchServices } from '../neighbours/exact-neighbours.js';
import { announce } from '../neighbours/forecast.js';
import { exactSample, recallsOf, type Recalls } from '../neighbours/sampled-recall.js';
import {
  blockRows,
  layOutCells,
  stripes,
  type CellIds,
  type CellJob,
  type CellMap,
  type CellStep,
  type Shard,
} from './cell-job.js';
import { mapCells, ownTasks, visitTasks } from './cell-map.js';
import { CellMember } from './cell-member.js';
import { chooseProbes, chooses, mostProbes } from './choose-probes.js';
import { trainCentres } from './train-centres.js';

/** Instances whose exact neighbours say how many cells to look at, and how many were found. */
const queries = 512;

/**
 * What comparing instances with those of the cells they look at costs, in pairs of the exact sample: each pair (small
 * products, many of which get in), each visit (its row is copied), each instance (its list is filled, sorted and written).
 * Measured from 200,000 to 5,200,000 faces.
 */
const costs = { pair: 5, visit: 100, row: 2500 };

/** Entries beyond k that a list must have for one more shard to cost more. */
const leastSpare = 8;

export interface CellSearchOptions {
  readonly k: number;
  /** 0: by the number of instances. */
  readonly cells: number;
  /** 0: as many as the target takes. */
  readonly probes: number;
  /** Of the true neighbours with a similarity of at least 0.4. */
  readonly targetRecall: number;
}

export interface CellSearchServices extends SearchServices {
  readonly random: Random;
}

/** For tests and measurements; the defaults are what serves best. */
export interface CellSearchTuning {
  readonly threads?: number | undefined;
  readonly kernels?: 'wasm' | 'plain' | undefined;
  /** Bytes of state at most. */
  readonly stateBytes?: number | undefined;
}

/** The recalls are those of sampled instances. */
export interface CellSearch extends Recalls {
  readonly graph: KnnGraph;
  readonly cells: number;
  readonly probes: number;
}

/**
 * Cells of n instances, unless told otherwise. Each instance is compared with all c centres, and then with n / c instances of
 * each cell it looks at. Identities grow in number as n does, and the more of them share a cell, the more cells must be looked
 * at: about as n / c does. So both parts cost the same where c³ grows as n².
 */
export function defaultCells(n: number): number {
  return Math.max(1, Math.min(n, Math.round(n ** (2 / 3))));
}

/**
 * The k nearest neighbours of each instance by inner product, approximately: instances are divided in cells, each compares
 * itself with those of the `probes` cells nearest to it, and whoever is compared keeps the other if it is near. Equal ones go to
 * the lower id. The result is the same for any number of threads; where fewer than k were compared, rows end in -1.
 *
 * O(n (cells + 2 n probes / cells) dim) time; besides features and result 12 n k + 6 n probes bytes, less where the first
 * passes 4 GiB: rows are then searched in shards.
 *
 * @throws L2cError E_MEMORY; the signal's reason, when it is aborted
 */
export async function cellNeighbours(
  features: Features,
  options: CellSearchOptions,
  services: CellSearchServices,
  tuning: CellSearchTuning = {},
): Promise<CellSearch> {
  const { n, dim } = features;
  const { k } = options;
  const { compute, progress, signal, random, log } = services;
  const start = performance.now();
  const cells = options.cells === 0 ? defaultCells(n) : options.cells;
  if (!(k >= 1 && k < n && cells <= n && options.probes <= cells)) throw new RangeError(`${k} of ${n}, ${cells} cells`);
  const threads = tuning.threads ?? threadsFor(compute, n * (cells + n / 10) * dim);
  const stateBytes = tuning.stateBytes ?? addressableBytes - 2 ** 26 - 4 * n;
  const capacity = capacityFor(n, k, stateBytes);
  const shardRows = Math.min(n, Math.max(1, Math.floor(stateBytes / topkBytes(capacity))));
  const layout = layOutCells(n, k, capacity, shardRows, threads);
  const bytes = layout.bytes + 8 * n * k + 4 * cells * dim;
  assertRoom(bytes, '', `lists of ${k} neighbours of ${n} instances`, roomWayOut);
  const kind = tuning.kernels ?? (compute.engine === 'plain' ? 'plain' : kernelKind);
  const graph = allocateKnnGraph(n, k);
  const job: CellJob = {
    layout,
    kind,
    memory: allocateMemory(kind, layout.bytes, true),
    engine: compute.engine,
    counters: sharedInt32(counters),
    features: features.parts,
    graph,
    locks: sharedInt32(stripes),
  };
  const { buffer } = job.memory;
  new Int32Array(buffer, layout.rows, blockRows).forEach((_, r, rows) => (rows[r] = r));
  const bar = new Bar(job.counters, progress);
  const onTask = (): void => {
    signal?.throwIfAborted();
    bar.update();
  };
  let own: Compute = compute;
  const crew = await Crew.gather<CellStep>(job, threads, compute, '../cells/worker', (single) => {
    own = single;
    return new CellMember(job, 0, single, onTask);
  });
  let rowSeconds = 0; // of the last look for centres, per instance
  try {
    const look = async (centres: Float32Array, probes: number, instances?: Int32Array): Promise<CellIds> => {
      const length = (instances?.length ?? n) * probes;
      const out = cells <= 2 ** 16 ? sharedUint16(length) : sharedInt32(length);
      const before = performance.now();
      await crew.do({ do: 'probe', instances, centres, probes, out });
      rowSeconds = (performance.now() - before) / 1000 / (instances?.length ?? n);
      return out;
    };
    const centres = await trainCentres(features, cells, random, (instances, now) => look(now, 1, instances));
    const sampled = performance.now();
    const sample = await exactSample(features, k, { compute: own, signal }, queries);
    const pairSeconds = (performance.now() - sampled) / 1000 / (sample.instances.length * n);
    let { probes } = options;
    if (probes === 0) {
      const most = Math.min(cells, mostProbes);
      const least = Math.min(cells, Math.ceil((2 * k * cells) / n));
      const found = await chooseProbes(sample, options.targetRecall, most, (instances, p) =>
        look(centres, p, instances),
      );
      probes = Math.max(least, found);
    }
    const mapBytes = (cells <= 2 ** 16 ? 6 : 8) * n * probes;
    assertRoom(mapBytes, '', `${probes} probes of ${n} instances`, 'set probes, or a lower targetRecall');
    const pairs = n * (costs.pair * probes * (n / cells) + costs.visit * probes + costs.row);
    const seconds = (performance.now() - start) / 1000 + n * rowSeconds + (pairs * pairSeconds) / threads;
    announce(log, seconds, features.bytes + bytes + mapBytes);
    bar.expect(Math.ceil(n / blockRows), 0.2);
    const map = mapCells(await look(centres, probes), probes, cells, new Int32Array(buffer, layout.order, n));
    for (let first = 0; first < n; first += shardRows) {
      await searchShard(crew, job, map, { first, last: Math.min(n, first + shardRows) }, bar, n);
    }
    progress?.update(1, 1);
    const judges = (query: number): boolean => !chooses(query) || sample.instances.length === 1;
    return { graph, cells, probes, ...recallsOf(sample, graph, judges) };
  } finally {
    await crew.dismiss();
  }
}

/** Entries of a list: fewer where that keeps all lists in memory. A second shard costs more than lists that are shrunk more often. */
function capacityFor(n: number, k: number, stateBytes: number): number {
  const fitting = Math.floor((stateBytes / n - topkBytes(0)) / 8);
  return fitting >= k + leastSpare ? Math.min(fitting, topkCapacity(k)) : topkCapacity(k);
}

async function searchShard(
  crew: Crew<CellStep>,
  job: CellJob,
  map: CellMap,
  shard: Shard,
  bar: Bar,
  n: number,
): Promise<void> {
  clearState(job.memory, job.layout.state, shard.last - shard.first);
  // a cell's own first: what is left to find is nearer than what they found
  const [own, visits] = [ownTasks(map, shard), visitTasks(map, shard)];
  bar.expect((own.length + visits.length) / 3, (0.8 * (shard.last - shard.first)) / n);
  await crew.do({ do: 'join', own: true, tasks: own, map, shard });
  await crew.do({ do: 'join', own: false, tasks: visits, map, shard });
  await crew.do({ do: 'finish', shard });
}

/** Says how far a search has come, by shares of it that are known beforehand. */
class Bar {
  private before = 0;
  private share = 0;
  private tasks = 1;
  private base = 0;

  constructor(
    private readonly counters: Int32Array,
    private readonly progress: Progress | undefined,
  ) {}

  /** The next so many tasks are this share of the search. */
  expect(tasks: number, share: number): void {
    this.before += this.share;
    [this.tasks, this.share] = [Math.max(1, tasks), share];
    this.base = Atomics.load(this.counters, counter.products);
  }

  update(): void {
    const done = Math.min(1, (Atomics.load(this.counters, counter.products) - this.base) / this.tasks);
    this.progress?.update(this.before + this.share * done, 1);
  }
}
