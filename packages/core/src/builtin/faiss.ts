import { FactoryError, FaissIndex, type FaissServices } from '../compute/faiss/faiss-index.js';
import { rescore } from '../compute/neighbours/rescore.js';
import { takeOthers } from '../compute/neighbours/take-others.js';
import type { Features } from '../data/features.js';
import { allocateKnnGraph, type KnnGraph } from '../data/knn-graph.js';
import { problem } from '../errors.js';
import { defineStage, type DataFacts, type OptionProblem, type OptionsSchema } from '../stages/define-stage.js';
import type { KnnBuilder } from '../stages/interfaces.js';
import type { Services } from '../stages/services.js';
import { expectOthers, neighboursProperty } from './expect-others.js';
import { reportRecall } from './report-recall.js';

export interface FaissOptions {
  k: number;
  factory: string;
}

const options: OptionsSchema<FaissOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    k: neighboursProperty,
    factory: {
      type: 'string',
      minLength: 1,
      default: 'Flat',
      description: "The index, in FAISS's own words: `Flat` compares all pairs, `HNSW32` and others approximate.",
    },
  },
  required: ['k', 'factory'],
};

/** Rows that go to FAISS at a time, and rows that it learns from at most. */
const rowsAtATime = 2048;
const trainingRows = 100_000;

const factoryWayOut = 'see the guide to the index factory in the FAISS wiki, or take "Flat"';

/**
 * The k nearest neighbours of each instance as an index of FAISS finds them, itself left out, with exact similarities. Rows
 * for which the index gives fewer end in -1. The time is that of the index; beside it 4 n dim bytes or what the index takes.
 *
 * @param packageName for tests
 */
export async function faissNeighbours(
  features: Features,
  { k, factory }: FaissOptions,
  services: Services,
  packageName?: string,
): Promise<KnnGraph> {
  const { n, dim } = features;
  const index = await openIndex(dim, factory, services, packageName);
  const knn = allocateKnnGraph(n, k);
  try {
    if (!index.trained) await index.train(evenRows(features, Math.min(n, trainingRows)));
    await inBlocks(features, (rows) => index.add(rows));
    await inBlocks(features, async (rows, first) => {
      services.progress.update(first, n, 'faces');
      const found = await index.search(rows, k + 1); // each finds itself, too
      const last = first + rows.length / dim;
      for (let i = first; i < last; i++) {
        takeOthers(found.subarray((i - first) * (k + 1), (i - first + 1) * (k + 1)), i, knn);
      }
      rescore(features, knn, first, last);
    });
    services.progress.update(n, n, 'faces');
  } finally {
    await index.close();
  }
  return knn;
}

async function openIndex(dim: number, factory: string, services: Services, packageName?: string): Promise<FaissIndex> {
  const { log, signal, compute } = services;
  try {
    return await FaissIndex.open(dim, factory, { log, signal, threads: compute.threads }, packageName);
  } catch (cause) {
    if (!(cause instanceof FactoryError)) throw cause;
    throw problem('E_CONFIG', 'faiss.factory', factoryFact(factory, dim, cause), factoryWayOut, cause);
  }
}

function factoryFact(factory: string, dim: number, { message }: FactoryError): string {
  return `FAISS makes no index of "${factory}" for ${dim} dimensions and the inner product: ${message}`;
}

/** Calls `use` with stretches of rows, which are its own until it is done. */
async function inBlocks(features: Features, use: (rows: Float32Array, first: number) => Promise<void>): Promise<void> {
  const { n, dim } = features;
  const rows = new Float32Array(Math.min(n, rowsAtATime) * dim);
  for (let first = 0; first < n; first += rowsAtATime) {
    const count = Math.min(rowsAtATime, n - first);
    features.copyRows(first, first + count, rows);
    await use(rows.subarray(0, count * dim), first);
  }
}

function evenRows(features: Features, count: number): Float32Array {
  const rows = new Float32Array(count * features.dim);
  for (let r = 0; r < count; r++) rows.set(features.row(Math.floor((r * features.n) / count)), r * features.dim);
  return rows;
}

const silent: FaissServices = {
  threads: 1,
  log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  signal: new AbortController().signal,
};

/** Whether FAISS is here (it throws E_ENGINE where not) and knows the factory, which depends on the dimension. */
async function check({ factory }: FaissOptions, { dim }: DataFacts): Promise<OptionProblem[]> {
  if (dim === undefined) {
    await (await FaissIndex.open(1, 'Flat', silent)).close();
    return [];
  }
  try {
    await (await FaissIndex.open(dim, factory, silent)).close();
    return [];
  } catch (error) {
    if (!(error instanceof FactoryError)) throw error;
    return [{ option: 'factory', fact: factoryFact(factory, dim, error), wayOut: factoryWayOut }];
  }
}

class Faiss implements KnnBuilder {
  readonly k: number;

  constructor(
    private readonly options: FaissOptions,
    private readonly services: Services,
  ) {
    this.k = options.k;
  }

  async build(features: Features): Promise<KnnGraph> {
    const { k, factory } = this.options;
    expectOthers('faiss', k, features.n);
    const knn = await faissNeighbours(features, this.options, this.services);
    await reportRecall(features, knn, this.services, `faiss: ${factory}`, '"Flat" finds all');
    return knn;
  }
}

export const faissStage = defineStage({
  kind: 'knnBuilder',
  type: 'faiss',
  summary: 'Finds the k nearest neighbours of each instance with FAISS, where faiss-node is installed.',
  cost: 'O(n^2 dim) time with Flat; 4 n dim bytes for the index, in a process of its own',
  reference: 'Johnson, Douze, Jégou, Billion-scale similarity search with GPUs, IEEE Transactions on Big Data, 2019',
  options,
  check,
  create: (filled: FaissOptions, services: Services) => new Faiss(filled, services),
});
