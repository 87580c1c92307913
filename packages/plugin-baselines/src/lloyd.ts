import type { Features, Random, Services } from '@l2c/core';
import { Centres } from './centres.js';
import { CentreSearch, type Choice } from './nearest-centres.js';
import { refill } from './refill.js';
import { squaredLengths } from './row-blocks.js';
import { seedCentres } from './seed-centres.js';

export interface LloydOptions {
  readonly clusters: number;
  /** Times the centres move, at most. */
  readonly iterations: number;
  /** The search ends when the centres' summed squared shift falls to this share of the mean variance of a column. */
  readonly tolerance: number;
}

export interface KmeansResult {
  /** (n) 0 .. clusters - 1; every cluster has rows. */
  readonly labels: Int32Array;
  /** As many as asked for; fewer where there are fewer different rows. */
  readonly clusters: number;
  /** Sum of the rows' squared distances to their centres. */
  readonly inertia: number;
  readonly iterations: number;
}

export type KmeansServices = Pick<Services, 'compute' | 'signal' | 'progress'>;

/** Where a larger share of the centres has moved, all are looked at again. */
const mostMoved = 0.75;

/**
 * k-means from seeds of {@link seedCentres}: rows go to their nearest centre, centres to the mean of their rows, until no
 * row moves. A cluster that has lost its rows starts again at the row farthest from its centre.
 * O(iterations n clusters dim) at most; later iterations look at the centres that moved alone.
 * Lloyd, "Least Squares Quantization in PCM", IEEE Trans. Inf. Theory 28(2), 1982.
 */
export async function lloyd(
  features: Features,
  options: LloydOptions,
  random: Random,
  services: KmeansServices,
): Promise<KmeansResult> {
  const { n } = features;
  const centres = Centres.at(features, await seedCentres(features, options.clusters, random, services));
  const search = new CentreSearch(features, centres, services);
  const choice: Choice = { labels: new Int32Array(n).fill(-1), scores: new Float64Array(n) };
  const squares = squaredLengths(features);
  const enough = options.tolerance * meanVariance(features, squares);
  const sums = new Float64Array(centres.values.length);
  const moved = new Uint8Array(centres.count);
  let iterations = 0;
  let changed = await search.all(choice);
  while (iterations < options.iterations) {
    services.progress.update(iterations, options.iterations, 'rounds');
    if (refill(choice, squares, centres.count) + changed === 0) break;
    const shift = moveToMeans(features, choice.labels, centres, sums, moved);
    iterations++;
    changed = share(moved) > mostMoved ? await search.all(choice) : await search.moved(choice, moved);
    if (shift <= enough) break;
  }
  refill(choice, squares, centres.count);
  const inertia = squares.reduce((sum, square, i) => sum + Math.max(0, square - 2 * choice.scores[i]), 0);
  return { labels: choice.labels, clusters: centres.count, inertia, iterations };
}

/** Moves each centre to the mean of its rows and marks those that moved; one without rows is retired. Summed squared shift. */
function moveToMeans(
  { dim, blocks }: Features,
  labels: Int32Array,
  centres: Centres,
  sums: Float64Array,
  moved: Uint8Array,
): number {
  const { values, count } = centres;
  const sizes = new Int32Array(count);
  sums.fill(0);
  let i = 0;
  for (const block of blocks) {
    for (let from = 0; from < block.length; from += dim, i++) {
      const to = labels[i] * dim;
      for (let c = 0; c < dim; c++) sums[to + c] += block[from + c];
      sizes[labels[i]]++;
    }
  }
  let total = 0;
  for (let centre = 0; centre < count; centre++) {
    moved[centre] = 0;
    if (sizes[centre] === 0) {
      centres.retire(centre);
      continue;
    }
    const scale = 1 / sizes[centre];
    let shift = 0;
    for (let at = centre * dim; at < (centre + 1) * dim; at++) {
      const mean = Math.fround(sums[at] * scale);
      shift += (mean - values[at]) ** 2;
      values[at] = mean;
    }
    if (shift > 0 || centres.halves[centre] === Infinity) {
      moved[centre] = 1;
      centres.measure(centre);
      total += shift;
    }
  }
  return total;
}

/** The variance of a column, averaged over columns. */
function meanVariance({ n, dim, blocks }: Features, squares: Float64Array): number {
  const sums = new Float64Array(dim);
  for (const block of blocks) {
    for (let from = 0; from < block.length; from += dim) for (let c = 0; c < dim; c++) sums[c] += block[from + c];
  }
  const square = squares.reduce((sum, value) => sum + value, 0) / n;
  return (square - sums.reduce((sum, value) => sum + (value / n) ** 2, 0)) / dim;
}

function share(flags: Uint8Array): number {
  return flags.reduce((sum, flag) => sum + flag, 0) / flags.length;
}
