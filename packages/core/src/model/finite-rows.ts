import { problem } from '../errors.js';

/**
 * Refuses what a model gives where it holds NaN or an infinity: features are finite and so is each weight, but sums of them may
 * not be.
 *
 * @param model its name, for messages
 * @param place of its weights
 * @throws L2cError E_WEIGHTS
 */
export function assertFiniteRows(values: Float32Array, model: string, place: string): void {
  const bad = values.find((value) => !Number.isFinite(value));
  if (bad === undefined) return;
  const fact = `gives ${bad}: what it adds up grows past the range of float32`;
  const wayOut = 'such weights are of no use: train again with a lower learning rate, or name others';
  throw problem('E_WEIGHTS', place === '' ? model : `${place}: ${model}`, fact, wayOut);
}
