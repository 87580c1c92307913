import type { Random, Services } from '../stages/services.js';

/** What one step of training looks at, by number: the first `learned` are learned from, the others held out. */
export interface EpochStep {
  readonly numbers: Int32Array;
  readonly learned: number;
}

/** The random numbers of an epoch, by the seed of a training and the epoch alone: the same for a training that goes on. */
export function epochRandom(services: Pick<Services, 'random'>, seed: number, epoch: number): Random {
  return services.random(seed + 7919 * (epoch + 1));
}

/** The steps of an epoch: `batchSize` of `order` each, in that order, and to each its part of `heldOut`. O(order + heldOut). */
export function* epochSteps(order: Int32Array, heldOut: Int32Array, batchSize: number): Generator<EpochStep> {
  const steps = Math.ceil(order.length / batchSize);
  for (let step = 0; step < steps; step++) {
    const some = order.subarray(step * batchSize, (step + 1) * batchSize);
    const first = Math.floor((step * heldOut.length) / steps);
    const others = heldOut.subarray(first, Math.floor(((step + 1) * heldOut.length) / steps));
    const numbers = new Int32Array(some.length + others.length);
    numbers.set(some);
    numbers.set(others, some.length);
    yield { numbers, learned: some.length };
  }
}
