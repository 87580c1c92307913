import type { Features, Services } from '@l2c/core';
import type { Centres } from './centres.js';
import { blockRows, gatherRows } from './row-blocks.js';

/**
 * Which centre each row chose, and how near it is: score = x c - |c|² / 2, so that |x - c|² = |x|² - 2 score and the
 * largest score is the nearest centre.
 */
export interface Choice {
  /** (n) centres, -1 before the first. */
  readonly labels: Int32Array;
  /** (n). */
  readonly scores: Float64Array;
}

export type SearchServices = Pick<Services, 'compute' | 'signal'>;

/**
 * Finds the nearest centre of rows, by blocks of products. Of a choice made before, all but the rows whose own centre went
 * away keep what they know: no centre that stayed has come nearer to them, so they are only held against those that moved.
 * This changes nothing in the result, and saves most of the work once few centres move.
 */
export class CentreSearch {
  private products = new Float32Array(0);
  private rows = new Float32Array(0);
  private some = new Float32Array(0);
  /** Rows whose own centre went away, met in the last pass. */
  private readonly left: Int32Array;
  private leftCount = 0;
  private readonly everyCentre: Int32Array;

  constructor(
    private readonly features: Features,
    private readonly centres: Centres,
    private readonly services: SearchServices,
  ) {
    this.left = new Int32Array(features.n);
    this.everyCentre = Int32Array.from({ length: centres.count }, (_, c) => c);
  }

  /** Every row against every centre. Returns how many rows changed their centre. */
  async all(choice: Choice): Promise<number> {
    choice.scores.fill(-Infinity);
    return this.against(undefined, this.everyCentre, choice);
  }

  /** Brings a choice up to date after the centres with a 1 in `moved` have moved. Returns how many rows changed theirs. */
  async moved(choice: Choice, moved: Uint8Array): Promise<number> {
    const before = choice.labels.slice();
    const [those, others] = [positions(moved, 1), positions(moved, 0)];
    this.leftCount = 0;
    await this.against(undefined, those, choice, inverse(those, this.centres.count));
    if (this.leftCount > 0) await this.against(this.left.subarray(0, this.leftCount), others, choice);
    let changed = 0;
    for (let i = 0; i < before.length; i++) if (before[i] !== choice.labels[i]) changed++;
    return changed;
  }

  /**
   * Rows (all, or those listed) against a list of centres; a better one replaces the choice. With `place` (where a centre
   * stands in the list, -1 = not) the score of a row's own centre is brought up to date first.
   */
  private async against(
    listed: Int32Array | undefined,
    columns: Int32Array,
    choice: Choice,
    place?: Int32Array,
  ): Promise<number> {
    const { features, services } = this;
    const { dim } = features;
    const count = listed?.length ?? features.n;
    const values = this.columnValues(columns);
    const halves = this.columnHalves(columns);
    const height = Math.min(blockRows(columns.length), count);
    if (this.products.length < height * columns.length) this.products = new Float32Array(height * columns.length);
    if (this.rows.length < height * dim) this.rows = new Float32Array(height * dim);
    let changed = 0;
    for (let first = 0; first < count; first += height) {
      services.signal.throwIfAborted();
      const rows = Math.min(height, count - first);
      if (listed === undefined) features.copyRows(first, first + rows, this.rows);
      else gatherRows(features, listed, first, rows, this.rows);
      await services.compute.gemmTransposed(this.rows, rows, values, columns.length, dim, this.products);
      for (let r = 0; r < rows; r++) {
        const i = listed === undefined ? first + r : listed[first + r];
        changed += this.choose(i, r * columns.length, columns, halves, choice, place);
      }
    }
    return changed;
  }

  /** The best of a row of products against what the row has. 1 where it changed. */
  private choose(
    i: number,
    start: number,
    columns: Int32Array,
    halves: Float64Array,
    choice: Choice,
    place: Int32Array | undefined,
  ): number {
    const { products } = this;
    const { labels, scores } = choice;
    const own = labels[i];
    let best = scores[i];
    if (place !== undefined && place[own] !== -1) {
      const now = products[start + place[own]] - halves[place[own]];
      if (now < best) this.left[this.leftCount++] = i;
      best = now;
    }
    let chosen = -1;
    const m = halves.length;
    const whole = m & ~3; // four at a time: two thirds of the time of one by one
    for (let j = 0; j < whole; j += 4) {
      const a = products[start + j] - halves[j];
      const b = products[start + j + 1] - halves[j + 1];
      const c = products[start + j + 2] - halves[j + 2];
      const d = products[start + j + 3] - halves[j + 3];
      if (!(a > best || b > best || c > best || d > best)) continue;
      if (a > best) [best, chosen] = [a, j];
      if (b > best) [best, chosen] = [b, j + 1];
      if (c > best) [best, chosen] = [c, j + 2];
      if (d > best) [best, chosen] = [d, j + 3];
    }
    for (let j = whole; j < m; j++) {
      const score = products[start + j] - halves[j];
      if (score > best) [best, chosen] = [score, j];
    }
    scores[i] = best;
    if (chosen === -1 || columns[chosen] === own) return 0;
    labels[i] = columns[chosen];
    return 1;
  }

  private columnHalves(columns: Int32Array): Float64Array {
    const { halves, count } = this.centres;
    if (columns.length === count) return halves;
    const some = new Float64Array(columns.length);
    for (let j = 0; j < columns.length; j++) some[j] = halves[columns[j]];
    return some;
  }

  private columnValues(columns: Int32Array): Float32Array {
    const { values, dim, count } = this.centres;
    if (columns.length === count) return values;
    if (this.some.length < columns.length * dim) this.some = new Float32Array(columns.length * dim);
    for (let j = 0; j < columns.length; j++) {
      this.some.set(values.subarray(columns[j] * dim, (columns[j] + 1) * dim), j * dim);
    }
    return this.some;
  }
}

function positions(flags: Uint8Array, wanted: 0 | 1): Int32Array {
  const list = new Int32Array(flags.length);
  let count = 0;
  for (let c = 0; c < flags.length; c++) if (flags[c] === wanted) list[count++] = c;
  return list.subarray(0, count);
}

function inverse(list: Int32Array, count: number): Int32Array {
  const place = new Int32Array(count).fill(-1);
  for (let j = 0; j < list.length; j++) place[list[j]] = j;
  return place;
}
