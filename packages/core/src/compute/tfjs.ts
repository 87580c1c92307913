import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type * as TensorFlow from '@tensorflow/tfjs';
import type { Device } from './compute.js';
import { patchWasmKernels } from './tfjs-patches.js';

export type Tfjs = typeof TensorFlow;

/** TensorFlow.js with the backend that was found to be active. */
export interface LoadedTfjs {
  readonly tf: Tfjs;
  readonly backend: 'tfjs-node-gpu' | 'tfjs-node' | 'wasm';
  readonly device: Device;
}

const loaded = new Map<'auto' | Device, Promise<LoadedTfjs>>();

/**
 * TensorFlow.js on the best backend there is: tfjs-node-gpu, tfjs-node, or wasm with the kernels that training needs
 * ({@link patchWasmKernels}). Never its cpu backend, which is 50 times slower and what it falls back to without a word.
 * Loaded once per process and device.
 *
 * @throws Error of the last backend, where none loads
 */
export function loadTfjs(device: 'auto' | Device = 'auto'): Promise<LoadedTfjs> {
  let loading = loaded.get(device);
  if (loading === undefined) {
    loading = load(device);
    loading.catch(() => loaded.delete(device));
    loaded.set(device, loading);
  }
  return loading;
}

async function load(device: 'auto' | Device): Promise<LoadedTfjs> {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'; // TensorFlow's C library writes to stderr otherwise
  const failures: string[] = [];
  if (device !== 'cpu') {
    try {
      return await loadNative('tfjs-node-gpu', 'gpu');
    } catch (error) {
      failures.push(String(error));
    }
    if (device === 'gpu') throw new Error(`tfjs-node-gpu does not load: ${failures[0]}`);
  }
  try {
    return await loadNative('tfjs-node', 'cpu');
  } catch {
    return loadWasm();
  }
}

/** The packages with TensorFlow's C library bring their own copy of tfjs. */
async function loadNative(backend: 'tfjs-node-gpu' | 'tfjs-node', device: Device): Promise<LoadedTfjs> {
  const name: string = `@tensorflow/${backend}`;
  const tf = commonJs((await import(name)) as Tfjs);
  tf.enableProdMode();
  await activate(tf, 'tensorflow');
  const binding = (tf.backend() as unknown as { isUsingGpuDevice?: boolean }).isUsingGpuDevice;
  if (device === 'gpu' && binding !== true) throw new Error('it loads, but finds no gpu');
  return { tf, backend, device };
}

async function loadWasm(): Promise<LoadedTfjs> {
  const require = createRequire(import.meta.url);
  const tf = commonJs(await import('@tensorflow/tfjs'));
  tf.enableProdMode(); // the only switch for its notes on stderr
  const wasm = commonJs(await import('@tensorflow/tfjs-backend-wasm'));
  // its threads need browser workers; asked for in Node, it would end up on the cpu backend
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  wasm.setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')), sep));
  await withoutNewListeners(() => activate(tf, 'wasm'));
  patchWasmKernels(tf);
  return { tf, backend: 'wasm', device: 'cpu' };
}

async function activate(tf: Tfjs, backend: string): Promise<void> {
  const works = await tf.setBackend(backend);
  await tf.ready();
  if (!works || tf.getBackend() !== backend)
    throw new Error(`tfjs is on ${tf.getBackend()} where ${backend} was asked for`);
}

/** Loaders differ in how they show a CommonJS package. */
function commonJs<T extends object>(module: T): T {
  return (module as { default?: T }).default ?? module;
}

/**
 * Emscripten's start-up code listens to the process's uncaught errors, only to throw them again behind a dump of its own
 * source. Whoever listened before keeps doing so; what `load` adds is taken off again.
 */
async function withoutNewListeners(load: () => Promise<void>): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => new Set<unknown>(process.listeners(event as 'uncaughtException')));
  try {
    await load();
  } finally {
    events.forEach((event, e) => {
      for (const listener of process.listeners(event as 'uncaughtException')) {
        if (!before[e].has(listener)) process.removeListener(event, listener);
      }
    });
  }
}
