import { availableParallelism } from 'node:os';
import { L2cError, problem } from '../errors.js';
import type { Log } from '../stages/services.js';
import type { OrtValues } from './onnxruntime-types.js';
import { loadPlain } from './plain.js';

export const engineNames = ['onnxruntime', 'tfjs', 'plain'] as const;
export type EngineName = (typeof engineNames)[number];
export type Device = 'cpu' | 'gpu';

/** What a pipeline's `compute` says. */
export interface ComputeOptions {
  /** `auto` takes the first that loads and passes a smoke test; another name is taken or refused. */
  readonly engine: 'auto' | EngineName;
  /** `auto` takes a GPU where one works. */
  readonly device: 'auto' | Device;
  /** 0 = as many as the machine has cores. */
  readonly threads: number;
}

/** Dense linear algebra of the forward pass and of the kNN search, whichever engine does it. Float32, row-major. */
export interface Compute {
  /** Which engine is really active. */
  readonly engine: EngineName;
  readonly device: Device;
  readonly threads: number;
  /** For logs: `ONNX Runtime 1.30.0 on cpu`. */
  readonly description: string;
  /** out = a bᵀ for a (m x dim), b (n x dim) and out (m x n). Engines write straight into `out` unless it is shared. */
  gemmTransposed(a: Float32Array, m: number, b: Float32Array, n: number, dim: number, out: Float32Array): Promise<void>;
  /** Prepares activation(x W + b) for many x: the dense layer of a model at inference. */
  denseLayer(spec: DenseSpec): Promise<DenseLayer>;
  /**
   * Prepares dense layers that follow each other, of which the first reads rows made of `parts` columns side by side. Absent
   * on engines that gain nothing by it: `openChain` does the same for all.
   */
  readonly denseChain?: ((specs: readonly DenseSpec[], parts: readonly number[]) => Promise<DenseChain>) | undefined;
  /** Matrix products that are done when the call returns. Absent on engines that have none. */
  readonly multiply?: MatrixProduct | undefined;
  /** Loads an ONNX model. Absent on engines that can't run one. */
  readonly session?: ((model: Uint8Array) => Promise<OnnxSession>) | undefined;
  /** Frees what the engine holds. Use none of it afterwards. */
  dispose(): Promise<void>;
}

/** The sizes of a product A B = C, (rows x inner) times (inner x columns), and which operand lies transposed. */
export interface ProductShape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Writes A B to `out`; none of the three may be shared memory. */
export type MatrixProduct = (a: Float32Array, b: Float32Array, shape: ProductShape, out: Float32Array) => void;

/** One dense layer. Batch norm at inference folds into weights and bias. */
export interface DenseSpec {
  readonly inputs: number;
  readonly outputs: number;
  /** (inputs x outputs). */
  readonly weights: Float32Array;
  /** (outputs). */
  readonly bias?: Float32Array | undefined;
  /** `prelu` takes `slopes`, one per output. */
  readonly activation?: 'relu' | 'prelu' | undefined;
  readonly slopes?: Float32Array | undefined;
}

export interface DenseLayer {
  /** (rows x outputs) of x (rows x inputs); written to `out` where given. */
  run(x: Float32Array, rows: number, out?: Float32Array): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Several dense layers, one behind the other. */
export interface DenseChain {
  /** (rows x outputs of the last) of x = parts side by side, each (rows x its columns); written to `out` where given. */
  run(parts: readonly Float32Array[], rows: number, out?: Float32Array): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** A tensor on its way into or out of an ONNX model. */
export interface OnnxTensor {
  readonly shape: readonly number[];
  readonly values: OrtValues;
}

export interface OnnxSession {
  run(feeds: Readonly<Record<string, OnnxTensor>>): Promise<Record<string, OnnxTensor>>;
  dispose(): Promise<void>;
}

/** What an engine's module is asked for. `auto` devices fall back to the cpu within the engine. */
export interface EngineRequest {
  readonly device: 'auto' | Device;
  readonly threads: number;
}

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
