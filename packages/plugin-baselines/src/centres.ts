import type { Features } from '@l2c/core';
import { gatherRows } from './row-blocks.js';

/** k points among the rows of some features, each with half its squared length: what a row's distance to it takes. */
export class Centres {
  readonly count: number;
  readonly dim: number;
  /** (count x dim). */
  readonly values: Float32Array;
  /** (count) |c|² / 2; Infinity for a centre that no row may choose. */
  readonly halves: Float64Array;

  constructor(count: number, dim: number) {
    this.count = count;
    this.dim = dim;
    this.values = new Float32Array(count * dim);
    this.halves = new Float64Array(count);
  }

  /** Centres at rows of the features. */
  static at(features: Features, ids: Int32Array): Centres {
    const centres = new Centres(ids.length, features.dim);
    gatherRows(features, ids, 0, ids.length, centres.values);
    for (let c = 0; c < ids.length; c++) centres.measure(c);
    return centres;
  }

  /** To be called once the values of a centre have changed. */
  measure(c: number): void {
    const { dim, values } = this;
    let sum = 0;
    for (let at = c * dim; at < (c + 1) * dim; at++) sum += values[at] * values[at];
    this.halves[c] = sum / 2;
  }

  /** Takes a centre out of the choice until it is measured again. */
  retire(c: number): void {
    this.halves[c] = Infinity;
  }
}
