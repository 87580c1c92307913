import { problem } from '../errors.js';

/** The schema of k, the option that all builders of a kNN graph have. */
export const neighboursProperty = {
  type: 'integer',
  minimum: 1,
  default: 80,
  description: 'Neighbours of each instance, itself not counted; less than the number of instances.',
} as const;

/** Throws an L2cError E_DATA, at the option of a builder, where an instance has fewer than k others. */
export function expectOthers(type: string, k: number, n: number): void {
  if (n > k) return;
  const wayOut = 'choose a smaller k: an instance is not its own neighbour';
  throw problem('E_DATA', `${type}.k`, `${k} neighbours of ${n} instances`, wayOut);
}
