import { cellNeighbours, defaultCells, type CellSearchOptions } from '../compute/cells/cell-neighbours.js';
import type { Features } from '../data/features.js';
import type { KnnGraph } from '../data/knn-graph.js';
import { problem } from '../errors.js';
import { defineStage, type DataFacts, type OptionProblem, type OptionsSchema } from '../stages/define-stage.js';
import type { KnnBuilder } from '../stages/interfaces.js';
import type { Services } from '../stages/services.js';
import { expectOthers, neighboursProperty } from './expect-others.js';
import { percent, recallLine, targetRecallProperty } from './report-recall.js';

export interface IvfOptions extends CellSearchOptions {
  k: number;
  targetRecall: number;
  cells: number;
  probes: number;
  seed: number;
}

const options: OptionsSchema<IvfOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    k: neighboursProperty,
    targetRecall: targetRecallProperty,
    cells: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Cells that the instances are divided in; 0 = by their number.',
    },
    probes: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Cells that each instance looks at; 0 = as many as `targetRecall` takes.',
    },
    seed: { type: 'integer', default: 0, description: 'Which instances the cells begin with.' },
  },
  required: ['k', 'targetRecall', 'cells', 'probes', 'seed'],
};

/** What n instances can't give; the same before a run and, where n is known only then, in it. */
function* problemsOf({ cells, probes }: IvfOptions, n: number): Iterable<OptionProblem> {
  if (cells > n) yield { option: 'cells', fact: `${cells} cells of ${n} instances`, wayOut: 'take fewer, or 0' };
  const all = cells === 0 ? defaultCells(n) : cells;
  if (probes > all)
    yield { option: 'probes', fact: `${probes} probes, and there are ${all} cells`, wayOut: 'take fewer, or 0' };
}

export class Ivf implements KnnBuilder {
  readonly k: number;

  constructor(
    private readonly options: IvfOptions,
    private readonly services: Services,
  ) {
    this.k = options.k;
  }

  async build(features: Features): Promise<KnnGraph> {
    const { n } = features;
    const { k, seed, targetRecall } = this.options;
    const { compute, log, progress, signal } = this.services;
    expectOthers('ivf', k, n);
    for (const { option, fact, wayOut } of problemsOf(this.options, n))
      throw problem('E_DATA', `ivf.${option}`, fact, wayOut);
    const services = { compute, progress, signal, log, random: this.services.random(seed) };
    const { graph, ...found } = await cellNeighbours(features, this.options, services);
    for (const [name, fact] of Object.entries(found)) this.services.record(name, fact);
    const { cells, probes, nearRecall, recall } = found;
    const line = recallLine(`ivf: looking at ${probes} of ${cells} cells`, nearRecall, recall, k);
    if (nearRecall >= targetRecall - doubt || this.options.probes > 0) log.info(line);
    else log.warn(`${line}; ${percent(targetRecall)} of the near ones were asked for: "exact" finds all`);
    const lonely = withoutNeighbour(graph);
    if (lonely > 0) log.warn(`ivf: ${lonely} instances found no neighbour at all; give more probes, or fewer cells`);
    return graph;
  }
}

/** Instances that were alone in all cells they were looked for in. */
function withoutNeighbour({ n, k, ids }: KnnGraph): number {
  let count = 0;
  for (let i = 0; i < n; i++) if (ids[i * k] === -1) count++;
  return count;
}

/** By how much a sample may be wrong. */
const doubt = 0.005;

export const ivfStage = defineStage({
  kind: 'knnBuilder',
  type: 'ivf',
  summary:
    'Finds nearly all of the k nearest neighbours of each instance, by comparing it with those of the nearest cells.',
  cost: 'O(n^(5/3) dim) time, 12 n k + 6 n probes bytes beside the graph',
  reference:
    'Sivic, Zisserman, Video Google, ICCV 2003; Jégou, Douze, Schmid, Product quantization for nearest neighbor search, TPAMI 2011, sec. 4',
  options,
  check: (filled: IvfOptions, { n }: DataFacts) => problemsOf(filled, n),
  create: (filled: IvfOptions, services: Services) => new Ivf(filled, services),
});
