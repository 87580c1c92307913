import { plainCompute } from '../compute/plain.js';
import { createRandom } from '../stages/random.js';
import type { Services } from '../stages/services.js';

/** Of work that needs no engine, no disk and nobody to tell, such as that of evaluators: they compare two arrays. */
export const idleServices: Services = {
  log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  progress: { update: () => undefined },
  random: createRandom,
  compute: plainCompute,
  checkpoints: { read: async () => undefined, write: async () => undefined },
  record: () => undefined,
  signal: new AbortController().signal,
};
