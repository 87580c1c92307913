import { createCompute } from '../packages/core/dist/compute/create-compute.js';

export const ignore = () => undefined;
export const quiet = { debug: ignore, info: ignore, warn: ignore };

/** The engine that l2c takes on the processor, with so many threads, and not a word about it. */
export function quietCompute(threads, engine = 'auto') {
  return createCompute({ engine, device: 'cpu', threads: Number(threads) }, quiet);
}
