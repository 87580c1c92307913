import { problem } from '../errors.js';

/** Throws an L2cError E_DATA, at the option of a builder, where an instance has fewer than k others. */
export function expectOthers(type: string, k: number, n: number): void {
  if (n > k) return;
  const wayOut = 'choose a smaller k: an instance is not its own neighbour';
  throw problem('E_DATA', `${type}.k`, `${k} neighbours of ${n} instances`, wayOut);
}
