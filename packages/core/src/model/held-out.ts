import type { Random } from '../stages/services.js';

/**
 * (n) 1 for the instances of identities that are held out: a share of all identities, drawn at random. With a share above 0 at least
 * one is held out and at least one is not, where there are two. Instances of unknown identity (-1) are never held out.
 */
export function heldOutInstances(truth: Int32Array, share: number, random: Random): Uint8Array {
  const names = Int32Array.from(new Set(truth)).filter((name) => name !== -1);
  random.shuffle(names.sort());
  const count = share === 0 ? 0 : Math.min(names.length - 1, Math.max(1, Math.round(share * names.length)));
  const held = new Set(names.subarray(0, Math.max(0, count)));
  return Uint8Array.from(truth, (name) => (held.has(name) ? 1 : 0));
}
