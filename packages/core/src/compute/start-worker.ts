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
