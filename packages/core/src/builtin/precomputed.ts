import type { Features } from '../data/features.js';
import { truncateKnnGraph, type KnnGraph } from '../data/knn-graph.js';
import { problem } from '../errors.js';
import { inspectKnn, readKnn } from '../formats/knn-npz.js';
import { defineStage, type DataFacts, type OptionProblem, type OptionsSchema } from '../stages/define-stage.js';
import type { KnnBuilder } from '../stages/interfaces.js';
import type { Services } from '../stages/services.js';

export interface PrecomputedOptions {
  path: string;
  k: number;
}

const options: OptionsSchema<PrecomputedOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    path: {
      type: 'string',
      format: 'path',
      description:
        'A knn .npz: "ids" and "similarities" as --keep writes them, or "data" of the reference (ids and 1 - cosine, the instance itself among them).',
    },
    k: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Neighbours of each instance to take, best first; 0 takes all that the file holds.',
    },
  },
  required: ['path', 'k'],
};

/** Links that are compared with the features, and by how much they may differ: half precision and quantised indexes do. */
const sampledLinks = 1000;
const tolerance = 0.02;

/** Share of sampled links whose similarity is not the cosine of the features; sampled at even steps over the rows. */
export function strangeLinks(knn: KnnGraph, features: Features): number {
  const step = Math.max(1, Math.floor(knn.n / sampledLinks));
  let [seen, strange] = [0, 0];
  for (let i = 0; i < knn.n; i += step) {
    const j = knn.ids[i * knn.k];
    if (j < 0) continue;
    seen++;
    if (Math.abs(features.dot(i, j) - knn.similarities[i * knn.k]) > tolerance) strange++;
  }
  return seen === 0 ? 0 : strange / seen;
}

function sizeFact(rows: number, n: number): string | undefined {
  return rows === n ? undefined : `the file holds the neighbours of ${rows} instances, the features have ${n}`;
}

const sizeWayOut =
  'give the knn file of these features; where rows were dropped (data.onInvalid), build the graph anew';

async function check({ path, k }: PrecomputedOptions, { n }: DataFacts): Promise<OptionProblem[]> {
  const found = await inspectKnn(path);
  const fact = sizeFact(found.n, n);
  if (fact !== undefined) return [{ option: 'path', fact, wayOut: sizeWayOut }];
  if (k <= found.k) return [];
  return [
    { option: 'k', fact: `${k} neighbours asked for, the file holds ${found.k}`, wayOut: 'leave k out to take all' },
  ];
}

class Precomputed implements KnnBuilder {
  /** Known once the file has been read, where the option leaves it open. */
  k: number;

  constructor(
    private readonly options: PrecomputedOptions,
    private readonly services: Services,
  ) {
    this.k = options.k;
  }

  async build(features: Features): Promise<KnnGraph> {
    const { path, k } = this.options;
    const whole = await readKnn(path);
    const fact = sizeFact(whole.n, features.n);
    if (fact !== undefined) throw problem('E_DATA', path, fact, sizeWayOut);
    const knn = k === 0 ? whole : truncateKnnGraph(whole, k);
    this.k = knn.k;
    const strange = strangeLinks(knn, features);
    if (strange > 0) {
      const share = `${(100 * strange).toFixed(1)} % of the links looked at`;
      this.services.log.warn(
        `${path}: the similarities of ${share} are not the cosines of these features; is it their knn file?`,
      );
    }
    return knn;
  }
}

export const precomputedStage = defineStage({
  kind: 'knnBuilder',
  type: 'precomputed',
  summary: 'Reads the neighbours of each instance from a file.',
  cost: 'one read of the file',
  options,
  check,
  create: (filled: PrecomputedOptions, services: Services) => new Precomputed(filled, services),
});
