import { availableParallelism } from 'node:os';
import { L2cError, problem } from '../errors.js';
import type { Log } from '../stages/services.js';
import { engineNames, type Compute, type ComputeOptions, type EngineName, type EngineRequest } from './compute.js';
import { loadPlain } from './plain.js';

/** How to load each engine: nothing of it is read before. Any error means that it doesn't load here. */
export const engines: Readonly<Record<EngineName, (request: EngineRequest) => Promise<Compute>>> = {
  onnxruntime: async (request) => (await import('./onnxruntime.js')).loadOnnxRuntime(request),
  tfjs: async (request) => (await import('./tfjs-engine.js')).loadTfjsEngine(request),
  plain: loadPlain,
};

/** What to do about an engine that doesn't load. */
export const installHints: Readonly<Record<EngineName, string>> = {
  onnxruntime:
    'npm install onnxruntime-node (its installer adds CUDA; without network: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node)',
  tfjs: 'npm install @tensorflow/tfjs @tensorflow/tfjs-backend-wasm, or @tensorflow/tfjs-node-gpu for a GPU',
  plain: 'it runs on cpus alone',
};

/**
 * The engine asked for, else the first of ONNX Runtime, TensorFlow.js and plain TypeScript that loads *and* multiplies two
 * vectors correctly: packages may be there but unbuilt. Logs the choice, and why others were passed over. Where a GPU is asked
 * for and none works, a warning says why, and the cpu does it.
 *
 * @throws L2cError E_ENGINE where a forced engine doesn't load
 */
export async function createCompute(options: ComputeOptions, log: Log): Promise<Compute> {
  if (options.device !== 'gpu') return firstThatWorks(options, log);
  try {
    return await firstThatWorks(options, log);
  } catch (error) {
    if (!(error instanceof L2cError) || error.code !== 'E_ENGINE') throw error;
    log.warn(`compute: no gpu, the cpu does it (${error.problems[0].fact}); l2c doctor says what a gpu needs`);
    return firstThatWorks({ ...options, device: 'cpu' }, log);
  }
}

async function firstThatWorks(options: ComputeOptions, log: Log): Promise<Compute> {
  const request = { device: options.device, threads: options.threads || availableParallelism() };
  const names = options.engine === 'auto' ? engineNames : [options.engine];
  const failures: string[] = [];
  for (const name of names) {
    if (options.engine === 'auto' && name === 'plain' && options.device === 'gpu') continue;
    try {
      const compute = await tryEngine(name, request);
      for (const failure of failures) log.debug(`compute: ${failure}`);
      log.info(`compute: ${compute.description}, ${compute.threads} thread${compute.threads === 1 ? '' : 's'}`);
      if (name === 'plain' && options.engine === 'auto') {
        log.warn(`compute: no fast engine loads, this will be slow; ${installHints.onnxruntime}`);
      }
      return compute;
    } catch (error) {
      if (error instanceof L2cError && error.code !== 'E_ENGINE') throw error;
      failures.push(`${name} does not load: ${firstLine(error)}`);
    }
  }
  const device = options.device === 'gpu' ? ' on a gpu' : '';
  const wayOut = `${names.map((name) => installHints[name]).join('; or ')}; l2c doctor says more`;
  const place = options.engine === 'auto' ? 'compute.device' : 'compute.engine';
  throw problem('E_ENGINE', place, `${options.engine}${device}: ${failures.join('; ')}`, wayOut);
}

/** Loads an engine and holds it against a product known beforehand. Throws whatever goes wrong. */
export async function tryEngine(name: EngineName, request: EngineRequest): Promise<Compute> {
  const compute = await engines[name](request);
  const out = new Float32Array(2);
  await compute.gemmTransposed(Float32Array.of(1, 2, 3), 1, Float32Array.of(4, 5, 6, -1, 0.5, 0), 2, 3, out);
  if (Math.abs(out[0] - 32) > 1e-4 || Math.abs(out[1]) > 1e-4) {
    await compute.dispose();
    throw new Error(`it computes ${out.join(', ')} where 32, 0 is right`);
  }
  return compute;
}

export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().split('\n', 1)[0];
}
