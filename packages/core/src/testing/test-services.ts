import { plainCompute } from '../compute/plain.js';
import type { Checkpoints, Services } from '../stages/services.js';
import { createRandom } from '../stages/random.js';

/** Services for tests: a silent log, checkpoints in memory, the plain engine. Give those you want to watch. */
export function testServices(given: Partial<Services> = {}): Services {
  return {
    log: { debug: nothing, info: nothing, warn: nothing },
    progress: { update: nothing },
    random: createRandom,
    checkpoints: memoryCheckpoints(),
    record: nothing,
    signal: new AbortController().signal,
    compute: plainCompute,
    ...given,
  };
}

/** Checkpoints that live as long as the test. */
export function memoryCheckpoints(): Checkpoints {
  const files = new Map<string, Uint8Array>();
  return {
    read: async (name) => files.get(name)?.slice(),
    write: async (name, bytes) => void files.set(name, bytes.slice()),
  };
}

function nothing(): void {}
