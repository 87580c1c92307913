import { once } from 'node:events';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/**
 * Starts a worker thread on a module beside another: `startWorker('./worker', import.meta.url, data)`, without extension, since
 * the module is JavaScript in a package and TypeScript in tests.
 */
export function startWorker(module: string, beside: string, workerData: unknown): Worker {
  if (!beside.endsWith('.ts')) return new Worker(new URL(`${module}.js`, beside), { workerData });
  // From source, as in tests: Node 20 does not hand the TypeScript loader on to workers.
  const path = createRequire(import.meta.url).resolve('tsx/esm/api'); // import.meta.resolve is missing under mocha
  const loader = pathToFileURL(path.replace(/\.cjs$/, '.mjs')).href; // of its two forms the one that works in a worker
  const source = new URL(`${module}.ts`, beside).href;
  const code = `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(source)}); });`;
  return new Worker(code, { workerData, eval: true });
}

/** The last message to a worker of {@link endWorker}. */
export const lastMessage = 'end';

/**
 * Has a worker end by itself, after what it is doing: one that is terminated inside a native call, as those of ONNX Runtime
 * are, takes the process with it. It has to release what it holds and close its port when it gets {@link lastMessage}.
 */
export async function endWorker(worker: Worker): Promise<void> {
  if (worker.threadId === -1) return; // it is gone
  const gone = once(worker, 'exit').catch(() => undefined); // an error ends it as well
  worker.ref();
  worker.postMessage(lastMessage);
  await gone;
}
