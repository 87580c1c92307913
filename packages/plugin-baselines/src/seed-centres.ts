import { problem, type Features, type Random, type Services } from '@l2c/core';
import { equalRows } from './equal-rows.js';
import { gatherRows, squaredLengths } from './row-blocks.js';

/** Floats of candidates' distances held at a time: 32 MiB. */
const heldDistances = 2 ** 23;

/** Squared lengths from here on: products of rows, and sums of some, would overflow float32. */
const longest = 1e37;

/**
 * Picks rows to start k-means from: each next one is drawn with a probability that grows with its squared distance to those
 * picked, and of 2 + ln(count) candidates the one that leaves the smallest sum of squared distances is taken.
 *
 * Candidates are drawn for many picks at once, so that their distances come out of one large product. A candidate drawn
 * before other picks were made is kept with the probability by which its distance has shrunk since: rejection sampling,
 * so the distribution is that of drawing them one after another.
 *
 * Returns `count` row ids, fewer where the rows have fewer different values. O(n count dim log count).
 * Arthur & Vassilvitskii, "k-means++: The Advantages of Careful Seeding", SODA 2007, sec. 2 and 5.
 *
 * @throws L2cError E_DATA for rows so long that their products overflow
 */
export async function seedCentres(
  features: Features,
  count: number,
  random: Random,
  services: Pick<Services, 'compute' | 'signal'>,
): Promise<Int32Array> {
  const { n } = features;
  if (n === 0 || count === 0) return new Int32Array(0);
  const trials = 2 + Math.floor(Math.log(count));
  const pool = new CandidatePool(features, trials, services);
  const picked = new Int32Array(count);
  picked[0] = random.integer(n);
  await pool.draw([picked[0]]);
  const nearest = new Float64Array(n).fill(Infinity); // squared distance of each row to the picks so far
  pool.lower(0, nearest);
  for (let picks = 1; picks < count; picks++) {
    let best = -1;
    let least = Infinity;
    for (let tried = 0; tried < trials;) {
      if (pool.empty) {
        services.signal.throwIfAborted();
        const drawn = drawByDistance(nearest, Math.min(pool.size, trials * (count - picks)), random);
        if (drawn.length === 0) return picked.slice(0, picks); // every row equals a pick
        await pool.draw(drawn, nearest);
      }
      const slot = pool.next(nearest, random);
      if (slot !== -1) {
        tried++;
        const rest = pool.sumAfter(slot, nearest);
        if (rest < least) [best, least] = [slot, rest];
      }
      if (pool.empty && tried > 0) break; // the distances of the best go with the pool
    }
    picked[picks] = pool.row(best);
    pool.lower(best, nearest);
  }
  return picked;
}

/** Row ids drawn with probability proportional to `weights`, sorted draws mapped in one pass. None where all are 0. */
function drawByDistance(weights: Float64Array, count: number, random: Random): Int32Array {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i];
  if (!(total > 0)) return new Int32Array(0);
  const targets = Float64Array.from({ length: count }, () => random.next() * total).sort();
  const drawn = new Int32Array(count);
  let sum = 0;
  let t = 0;
  let last = 0;
  for (let i = 0; i < weights.length && t < count; i++) {
    if (weights[i] === 0) continue;
    last = i;
    sum += weights[i];
    while (t < count && targets[t] < sum) drawn[t++] = i;
  }
  while (t < count) drawn[t++] = last; // rounding
  return random.shuffle(drawn);
}

function expectProducts(squares: Float64Array): void {
  const at = squares.findIndex((square) => !(square < longest));
  if (at < 0) return;
  const fact = `instance ${at} is ${Math.sqrt(squares[at]).toExponential(1)} long: products of such rows overflow`;
  throw problem('E_DATA', 'features', fact, 'set data.normalise: true, or scale the rows');
}

/** Candidates with their squared distances to all rows, and how far they were from the picks when they were drawn. */
class CandidatePool {
  readonly size: number;
  private readonly squares: Float64Array;
  private readonly products: Float32Array;
  private readonly rows: Float32Array;
  private ids: ArrayLike<number> = [];
  private drawnAt = new Float64Array(0);
  private at = 0;

  constructor(
    private readonly features: Features,
    trials: number,
    private readonly services: Pick<Services, 'compute' | 'signal'>,
  ) {
    const { n, dim } = features;
    this.size = Math.max(trials, Math.min(512, Math.floor(heldDistances / n)));
    this.squares = squaredLengths(features);
    expectProducts(this.squares);
    this.products = new Float32Array(this.size * n);
    this.rows = new Float32Array(this.size * dim);
  }

  get empty(): boolean {
    return this.at >= this.ids.length;
  }

  row(slot: number): number {
    return this.ids[slot];
  }

  /** Fills the pool: products of the candidates with all rows. */
  async draw(ids: ArrayLike<number>, nearest?: Float64Array): Promise<void> {
    const { dim, n, blocks, rowsPerBlock } = this.features;
    this.ids = ids;
    this.at = nearest === undefined ? ids.length : 0;
    this.drawnAt = Float64Array.from(ids, (i) => nearest?.[i] ?? Infinity);
    gatherRows(this.features, ids, 0, ids.length, this.rows);
    if (blocks.length === 1) {
      await this.services.compute.gemmTransposed(this.rows, ids.length, blocks[0], n, dim, this.products);
      return;
    }
    const held = new Float32Array(ids.length * Math.min(n, rowsPerBlock));
    for (let b = 0, first = 0; b < blocks.length; first += rowsPerBlock, b++) {
      this.services.signal.throwIfAborted();
      const count = blocks[b].length / dim;
      await this.services.compute.gemmTransposed(this.rows, ids.length, blocks[b], count, dim, held);
      for (let s = 0; s < ids.length; s++) {
        this.products.set(held.subarray(s * count, (s + 1) * count), s * n + first);
      }
    }
  }

  /** The next candidate that is still as likely as if it were drawn now, or -1 for one that is not. */
  next(nearest: Float64Array, random: Random): number {
    const slot = this.at++;
    return random.next() * this.drawnAt[slot] < nearest[this.ids[slot]] ? slot : -1;
  }

  /** The sum of squared distances that is left once the candidate is picked. */
  sumAfter(slot: number, nearest: Float64Array): number {
    const { products, squares } = this;
    const start = slot * this.features.n;
    const own = squares[this.ids[slot]];
    let sum = 0;
    for (let i = 0; i < nearest.length; i++) {
      const distance = squares[i] + own - 2 * products[start + i];
      sum += distance < nearest[i] ? (distance > 2 * equalRows * own ? distance : 0) : nearest[i];
    }
    return sum;
  }

  /** Lowers `nearest` to the distances of the candidate. */
  lower(slot: number, nearest: Float64Array): void {
    const { products, squares } = this;
    const start = slot * this.features.n;
    const own = squares[this.ids[slot]];
    for (let i = 0; i < nearest.length; i++) {
      const distance = squares[i] + own - 2 * products[start + i];
      if (distance < nearest[i]) nearest[i] = distance > 2 * equalRows * own ? distance : 0;
    }
    nearest[this.ids[slot]] = 0;
  }
}
