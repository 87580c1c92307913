import { setImmediate } from 'node:timers/promises';
import { HnswIndex, loadHnswLib, type HnswParameters } from '../compute/hnsw/hnsw-index.js';
import { announce } from '../compute/neighbours/forecast.js';
import { rescore } from '../compute/neighbours/rescore.js';
import { takeOthers } from '../compute/neighbours/take-others.js';
import { assertRoom } from '../compute/room.js';
import type { Features } from '../data/features.js';
import { allocateKnnGraph, type KnnGraph } from '../data/knn-graph.js';
import { defineStage, type OptionProblem, type OptionsSchema } from '../stages/define-stage.js';
import type { KnnBuilder } from '../stages/interfaces.js';
import type { Services } from '../stages/services.js';
import { expectOthers, neighboursProperty } from './expect-others.js';
import { reportRecall } from './report-recall.js';

export interface HnswOptions extends HnswParameters {
  k: number;
  connections: number;
  efConstruction: number;
  ef: number;
  seed: number;
}

const options: OptionsSchema<HnswOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    k: neighboursProperty,
    connections: {
      type: 'integer',
      minimum: 2,
      maximum: 10_000,
      default: 16,
      description: 'Links of each instance (M); more find more, and take memory.',
    },
    efConstruction: {
      type: 'integer',
      minimum: 1,
      maximum: 100_000,
      default: 200,
      description: 'Candidates that are kept while links are made.',
    },
    ef: {
      type: 'integer',
      minimum: 1,
      maximum: 100_000,
      default: 300,
      description:
        'Candidates that are kept while neighbours are looked for, at least k + 1; more find more, and take time.',
    },
    seed: { type: 'integer', minimum: 0, default: 0, description: 'Decides the layer of each instance.' },
  },
  required: ['k', 'connections', 'efConstruction', 'ef', 'seed'],
};

/** How much dearer adding an instance is on average than adding one of the first sixteenth. */
const growth = 1.5;

/** Instances between two looks at the signal and the progress: a few milliseconds. */
const atATime = 16;

/**
 * The k nearest neighbours of each instance as a hierarchical navigable small world finds them, with exact similarities.
 * Malkov, Yashunin, TPAMI 2020. O(n log n) steps by experience, on one thread; n (4 dim + 8 connections + 32) bytes or so.
 *
 * @param packageName for tests
 */
export async function hnswNeighbours(
  features: Features,
  options: HnswOptions,
  services: Services,
  packageName?: string,
): Promise<KnnGraph> {
  const { n, dim } = features;
  const { k } = options;
  const { progress, signal, log } = services;
  const bytes = n * (4 * dim + 8 * options.connections + 32);
  const wayOut = 'lower connections, or take "ivf", which keeps no second copy of the features';
  assertRoom(bytes + 8 * n * k, 'hnsw', `an index of ${n} instances and its graph`, wayOut);
  const ef = Math.max(options.ef, k + 1);
  const index = HnswIndex.open(n, dim, { ...options, ef }, packageName);
  const knn = allocateKnnGraph(n, k);
  const row = new Float32Array(dim);
  const each = async (before: number, work: (i: number) => void): Promise<void> => {
    for (let i = 0; i < n; i++) {
      if (i % atATime === 0) {
        await setImmediate(); // signals and timers get their turn
        signal.throwIfAborted();
        progress.update(before + i, 2 * n, 'faces');
      }
      features.copyRows(i, i + 1, row);
      work(i);
    }
  };
  const start = performance.now();
  const early = Math.floor(n / 16);
  await each(0, (i) => {
    index.add(row, i);
    if (i !== early) return;
    const building = ((growth * (performance.now() - start)) / 1000) * (n / (i + 1));
    announce(log, building * (1 + ef / options.efConstruction), bytes + 8 * n * k + features.bytes);
  });
  await each(n, (i) => takeOthers(index.search(row, k + 1), i, knn));
  rescore(features, knn, 0, n);
  progress.update(2 * n, 2 * n, 'faces');
  return knn;
}

class Hnsw implements KnnBuilder {
  readonly k: number;

  constructor(
    private readonly options: HnswOptions,
    private readonly services: Services,
  ) {
    this.k = options.k;
  }

  async build(features: Features): Promise<KnnGraph> {
    expectOthers('hnsw', this.k, features.n);
    const knn = await hnswNeighbours(features, this.options, this.services);
    await reportRecall(features, knn, this.services, 'hnsw', 'a larger ef finds more, "exact" finds all');
    return knn;
  }
}

/** Whether hnswlib-node is here: it throws E_ENGINE where not. */
function check(): OptionProblem[] {
  loadHnswLib();
  return [];
}

export const hnswStage = defineStage({
  kind: 'knnBuilder',
  type: 'hnsw',
  summary: 'Finds most of the k nearest neighbours of each instance with hnswlib, where hnswlib-node is installed.',
  cost: 'O(n log n) steps by experience, on one thread; n (4 dim + 8 connections + 32) bytes for the index',
  reference:
    'Malkov, Yashunin, Efficient and robust approximate nearest neighbor search using hierarchical navigable small world graphs, TPAMI 2020',
  options,
  check,
  create: (filled: HnswOptions, services: Services) => new Hnsw(filled, services),
});
