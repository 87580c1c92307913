import { plainCompute } from '../compute/plain.js';
import { createRandom } from '../stages/random.js';
import type { Services } from '../stages/services.js';

/** Evaluators compare two arrays: they need no engine, no disk and nobody to tell. */
export const idleServices: Services = {
  log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  progress: { update: () => undefined },
  random: createRandom,
  compute: plainCompute,
  checkpoints: { read: async () => undefined, write: async () => undefined },
  record: () => undefined,
  signal: new AbortController().signal,
};
