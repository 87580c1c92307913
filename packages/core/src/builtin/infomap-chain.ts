import type { FallingRows } from '../graph/falling-rows.js';
import { infomap } from '../graph/infomap/infomap.js';
import { createRandom } from '../stages/random.js';
import { networkOfRows, type NetworkOptions } from './infomap-network.js';

/** Every so many thresholds of a sweep are a chain: on each of these the modules of the one above are where it begins. A part of the result, not of the machine. */
export const chains = 2;

/** What a chain is made on. */
export interface ChainBase {
  readonly rows: FallingRows;
  readonly weight: NetworkOptions['weight'];
  readonly seed: number;
}

/** What a worker starts with; arrays are shared. */
export interface ChainStart extends ChainBase {
  /** From the highest down. */
  readonly thresholds: Float64Array;
  /** (1) how many of the thresholds may be looked at by now: who is too far ahead works in vain. Below 0: none, it is over. */
  readonly allowed: Int32Array;
}

/**
 * Modules at one threshold after another, each lower than the last. No fine and coarse tuning: on real faces it never moved the threshold that
 * is found by more than one step.
 */
export function chainOn(
  { rows, weight, seed }: ChainBase,
  betweenPasses?: () => void,
): (threshold: number) => Int32Array {
  const networkAt = networkOfRows(rows, weight);
  let start: Int32Array | undefined;
  return (threshold) => {
    const options = { random: createRandom(seed), maxRounds: 0, start, betweenPasses };
    return (start = infomap(networkAt(threshold), options).modules);
  };
}

/** Hands out the modules at each threshold as soon as it may. */
export function runChain({ thresholds, allowed, ...base }: ChainStart, handOut: (modules: Int32Array) => void): void {
  const modulesAt = chainOn(base, () => {
    if (Atomics.load(allowed, 0) < 0) throw new Error('stopped');
  });
  for (const [at, threshold] of thresholds.entries()) {
    for (;;) {
      const count = Atomics.load(allowed, 0);
      if (count < 0) return;
      if (count > at) break;
      Atomics.wait(allowed, 0, count);
    }
    handOut(modulesAt(threshold));
  }
}
