import { Features, type Random } from '@l2c/core';
import { Centres } from './centres.js';
import type { KmeansResult, KmeansServices } from './lloyd.js';
import { CentreSearch, type Choice } from './nearest-centres.js';
import { refill } from './refill.js';
import { gatherRows, squaredLengths } from './row-blocks.js';
import { sampleIds } from './sample-ids.js';
import { seedCentres } from './seed-centres.js';

export interface MiniBatchOptions {
  readonly clusters: number;
  /** Times every row is drawn, at most. */
  readonly iterations: number;
  /** Rows of a batch. */
  readonly batchSize: number;
  /** Batches without progress after which it ends; 0 = never. */
  readonly patience: number;
}

/** Rows that seeds are chosen among: so many batches, and so many for each cluster. */
const seedRows = 3;

/**
 * k-means on small samples: each batch goes to its nearest centres, and each centre moves to the mean of all rows it was
 * ever given, so that it settles as it sees more. It ends when the smoothed inertia of the batches stops falling. Every row
 * is then given to its nearest centre once; clusters without rows start again at the rows farthest from their centres.
 *
 * Centres that draw little are not restarted on the way: among identities of very different sizes that takes the centres
 * of the small ones away, and ended in a larger inertia in all our runs.
 *
 * O(batches batchSize clusters dim + n clusters dim). Sculley, "Web-Scale K-Means Clustering", WWW 2010.
 */
export async function miniBatchLloyd(
  features: Features,
  options: MiniBatchOptions,
  random: Random,
  services: KmeansServices,
): Promise<KmeansResult> {
  const { n } = features;
  const batchSize = Math.min(options.batchSize, n);
  const squares = squaredLengths(features);
  const centres = await seedOnSample(features, options.clusters, batchSize, random, services);
  const batches = new Batches(features, squares, centres, batchSize, random, services);
  const steps = Math.ceil((options.iterations * n) / batchSize);
  const progress = new SmoothedInertia(Math.min(1, (2 * batchSize) / (n + 1)), options.patience);
  let step = 0;
  for (; step < steps && !progress.stalled; step++) {
    services.progress.update(step, steps, 'batches');
    const inertia = await batches.next();
    if (step > 0) progress.add(inertia); // the first batch is measured before any centre moved
  }
  const choice: Choice = { labels: new Int32Array(n).fill(-1), scores: new Float64Array(n) };
  await new CentreSearch(features, centres, services).all(choice);
  refill(choice, squares, centres.count);
  const inertia = squares.reduce((sum, square, i) => sum + Math.max(0, square - 2 * choice.scores[i]), 0);
  return { labels: choice.labels, clusters: centres.count, inertia, iterations: step };
}

/** Seeds among a sample, or among all rows where the sample has too few different ones. */
async function seedOnSample(
  features: Features,
  clusters: number,
  batchSize: number,
  random: Random,
  services: KmeansServices,
): Promise<Centres> {
  const size = seedRows * Math.max(batchSize, clusters);
  if (size < features.n) {
    const ids = sampleIds(features.n, size, random);
    const sample = Features.allocate(size, features.dim);
    for (let r = 0; r < size; r++) sample.row(r).set(features.row(ids[r]));
    const seeds = await seedCentres(sample, clusters, random, services);
    if (seeds.length === clusters) return Centres.at(sample, seeds);
  }
  return Centres.at(features, await seedCentres(features, clusters, random, services));
}

/** Draws batches, all rows once before any is drawn again, and lets them pull the centres. */
class Batches {
  private readonly order: Int32Array;
  private at: number;
  private readonly batch: Features;
  private readonly choice: Choice;
  private readonly search: CentreSearch;
  /** (centres) rows each was ever given, and those of this batch. */
  private readonly weights: Float64Array;
  private readonly counts: Int32Array;
  private readonly sums: Float64Array;

  constructor(
    private readonly features: Features,
    private readonly squares: Float64Array,
    private readonly centres: Centres,
    private readonly size: number,
    private readonly random: Random,
    services: KmeansServices,
  ) {
    this.order = Int32Array.from({ length: features.n }, (_, i) => i);
    this.at = features.n;
    this.batch = Features.allocate(size, features.dim);
    this.choice = { labels: new Int32Array(size), scores: new Float64Array(size) };
    this.search = new CentreSearch(this.batch, centres, services);
    this.weights = new Float64Array(centres.count);
    this.counts = new Int32Array(centres.count);
    this.sums = new Float64Array(centres.values.length);
  }

  /** One batch: returns its mean squared distance to the centres as they were. */
  async next(): Promise<number> {
    const { batch, choice, features, size } = this;
    if (this.at + size > features.n) {
      this.random.shuffle(this.order);
      this.at = 0;
    }
    const first = this.at;
    this.at += size;
    gatherRows(features, this.order, first, size, batch.blocks[0]);
    choice.labels.fill(-1);
    await this.search.all(choice);
    let inertia = 0;
    for (let r = 0; r < size; r++) inertia += Math.max(0, this.squares[this.order[first + r]] - 2 * choice.scores[r]);
    this.pull();
    return inertia / size;
  }

  /** Moves each centre of the batch to the mean of all rows it was ever given. */
  private pull(): void {
    const { batch, centres, choice, counts, sums, weights, size } = this;
    const { dim, values } = centres;
    const rows = batch.blocks[0];
    counts.fill(0);
    for (let r = 0; r < size; r++) {
      const to = choice.labels[r] * dim;
      const from = r * dim;
      if (counts[choice.labels[r]]++ === 0) for (let c = 0; c < dim; c++) sums[to + c] = rows[from + c];
      else for (let c = 0; c < dim; c++) sums[to + c] += rows[from + c];
    }
    for (let centre = 0; centre < centres.count; centre++) {
      if (counts[centre] === 0) continue;
      const before = weights[centre];
      const weight = (weights[centre] += counts[centre]);
      for (let at = centre * dim; at < (centre + 1) * dim; at++) {
        values[at] = (values[at] * before + sums[at]) / weight;
      }
      centres.measure(centre);
    }
  }
}

/** An exponentially smoothed mean of the batches' inertia, and how long ago it was lowest. */
class SmoothedInertia {
  private smoothed: number | undefined;
  private lowest = Infinity;
  private since = 0;

  constructor(
    private readonly weight: number,
    private readonly patience: number,
  ) {}

  add(inertia: number): void {
    this.smoothed = this.smoothed === undefined ? inertia : this.smoothed + (inertia - this.smoothed) * this.weight;
    if (this.smoothed < this.lowest) {
      this.lowest = this.smoothed;
      this.since = 0;
    } else this.since++;
  }

  get stalled(): boolean {
    return this.patience > 0 && this.since >= this.patience;
  }
}
