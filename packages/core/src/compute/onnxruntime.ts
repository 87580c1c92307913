import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import type {
  Compute,
  DenseChain,
  DenseLayer,
  DenseSpec,
  Device,
  EngineRequest,
  MatrixProduct,
  OnnxSession,
  OnnxTensor,
} from './compute.js';
import { freeArray } from './free-array.js';
import { writeOnnx } from './onnx.js';
import { denseChainModel } from './onnx-dense.js';
import { openOnnxProducts, type OnnxProducts } from './onnx-products.js';
import type { OnnxRuntime, OrtSession, OrtSessionOptions, OrtTensor, OrtValues } from './onnxruntime-types.js';
import { assertDenseSpec } from './plain.js';

/**
 * Execution providers for a GPU on this system, best first. CUDA comes with the package's own installer; asked for
 * without its library, it makes ONNX Runtime write to stderr. WebGPU is inside the package.
 */
function gpuProviders(): readonly string[] {
  const own = process.platform === 'win32' ? ['dml'] : process.platform === 'darwin' ? ['coreml'] : [];
  return [...(hasCudaLibrary() ? ['cuda'] : []), ...own, 'webgpu'];
}

/** C = A Bᵀ with all sizes open. */
const gemmModel = writeOnnx({
  nodes: [{ op: 'Gemm', inputs: ['A', 'B'], outputs: ['C'], attributes: { transB: { int: 1 } } }],
  inputs: [
    { name: 'A', type: 'float32', shape: ['m', 'dim'] },
    { name: 'B', type: 'float32', shape: ['n', 'dim'] },
  ],
  outputs: [{ name: 'C', type: 'float32', shape: ['m', 'n'] }],
});

/** Loads onnxruntime-node. On `auto` a GPU is tried where its CUDA library is installed; a forced GPU tries all there are. */
export async function loadOnnxRuntime({ device, threads }: EngineRequest): Promise<Compute> {
  const name: string = 'onnxruntime-node';
  const module = (await import(name)) as OnnxRuntime & { default?: OnnxRuntime };
  const ort = module.default ?? module; // loaders differ in how they show a CommonJS package
  const failures: string[] = [];
  if (device === 'gpu' || (device === 'auto' && hasCudaLibrary())) {
    for (const provider of gpuProviders()) {
      try {
        const missing = provider === 'webgpu' ? vulkanProblem() : undefined;
        if (missing !== undefined) throw new Error(missing);
        return await OnnxRuntimeCompute.open(ort, provider, threads);
      } catch (error) {
        failures.push(
          `${provider}: ${error instanceof Error ? error.message.trim().split('\n', 1)[0] : String(error)}`,
        );
        if (device === 'auto') break;
      }
    }
    if (device === 'gpu') throw new Error(`no gpu provider works (${failures.join('; ')})`);
  }
  return OnnxRuntimeCompute.open(ort, 'cpu', threads);
}

/** WebGPU's library would write to stderr where that of Vulkan, which it needs on Linux, is not there. */
function vulkanProblem(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    process.dlopen({ exports: {} }, 'libvulkan.so.1', constants.dlopen.RTLD_LAZY);
  } catch (error) {
    // what loads and is no addon of Node throws as well
    const message = error instanceof Error ? error.message : String(error);
    return /cannot open shared object file|No such file/.test(message) ? message : undefined;
  }
  return undefined;
}

function hasCudaLibrary(): boolean {
  try {
    const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
    const folder = join(root, 'bin', 'napi-v6', process.platform, process.arch);
    return existsSync(join(folder, 'libonnxruntime_providers_cuda.so'));
  } catch {
    return false;
  }
}

class OnnxRuntimeCompute implements Compute {
  readonly engine = 'onnxruntime';
  readonly device: Device;
  readonly threads: number;
  readonly description: string;
  private readonly ort: OnnxRuntime;
  private readonly options: OrtSessionOptions;
  private readonly gemm: OrtSession;
  private products: OnnxProducts | 'none' | undefined;

  private constructor(ort: OnnxRuntime, provider: string, options: OrtSessionOptions, gemm: OrtSession) {
    this.ort = ort;
    this.device = provider === 'cpu' ? 'cpu' : 'gpu';
    this.threads = options.intraOpNumThreads;
    this.description = `ONNX Runtime ${ort.env.versions.common} on ${provider}`;
    this.options = options;
    this.gemm = gemm;
  }

  /** Opened when first asked for: only trainings do. A GPU would have to fetch and return every operand. */
  get multiply(): MatrixProduct | undefined {
    this.products ??= (this.device === 'cpu' ? openOnnxProducts(this.ort, this.options) : undefined) ?? 'none';
    return this.products === 'none' ? undefined : this.products.multiply;
  }

  static async open(ort: OnnxRuntime, provider: string, threads: number): Promise<OnnxRuntimeCompute> {
    const options: OrtSessionOptions = {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      // waiting threads sleep: the cores are for the scan of the last product
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    };
    return new OnnxRuntimeCompute(ort, provider, options, await ort.InferenceSession.create(gemmModel, options));
  }

  async gemmTransposed(
    a: Float32Array,
    m: number,
    b: Float32Array,
    n: number,
    dim: number,
    out: Float32Array,
  ): Promise<void> {
    const feeds = { A: this.tensor(a, [m, dim]), B: this.tensor(b, [n, dim]) };
    const target = privately(out.subarray(0, m * n));
    const { C } = await this.gemm.run(feeds, { C: this.tensor(target, [m, n]) });
    if (target.buffer !== out.buffer) out.set(target);
    drop(C, target);
  }

  async denseLayer(spec: DenseSpec): Promise<DenseLayer> {
    assertDenseSpec(spec);
    const chain = await this.denseChain([spec], [spec.inputs]);
    return { run: (x, rows, out) => chain.run([x], rows, out), dispose: () => chain.dispose() };
  }

  readonly denseChain = async (specs: readonly DenseSpec[], parts: readonly number[]): Promise<DenseChain> => {
    const session = await this.ort.InferenceSession.create(denseChainModel(specs, parts), this.options);
    const { outputs } = specs.at(-1)!;
    return {
      run: async (values, rows, out = new Float32Array(rows * outputs)) => {
        if (rows === 0) return out;
        const target = privately(out.subarray(0, rows * outputs));
        const feeds = Object.fromEntries(parts.map((count, p) => [`x${p}`, this.tensor(values[p], [rows, count])]));
        const { y } = await session.run(feeds, { y: this.tensor(target, [rows, outputs]) });
        if (target.buffer !== out.buffer) out.set(target);
        drop(y, target);
        return out;
      },
      dispose: () => session.release(),
    };
  };

  readonly session = async (model: Uint8Array): Promise<OnnxSession> => {
    const session = await this.ort.InferenceSession.create(model, this.options);
    return {
      run: async (feeds) => {
        const inputs = Object.entries(feeds).map(
          ([name, { values, shape }]) => [name, this.tensor(values, shape)] as const,
        );
        const outputs = await session.run(Object.fromEntries(inputs));
        return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, fromTensor(tensor)]));
      },
      dispose: () => session.release(),
    };
  };

  async dispose(): Promise<void> {
    if (this.products !== undefined && this.products !== 'none') this.products.dispose();
    await this.gemm.release();
  }

  private tensor(values: OrtValues, shape: readonly number[]): OrtTensor {
    const length = shape.reduce((product, size) => product * size, 1);
    const data = privately(values.length === length ? values : values.subarray(0, length));
    const type =
      data instanceof Float32Array
        ? 'float32'
        : data instanceof Int32Array
          ? 'int32'
          : data instanceof BigInt64Array
            ? 'int64'
            : 'uint8';
    return new this.ort.Tensor(type, data, shape);
  }
}

/** ONNX Runtime refuses SharedArrayBuffers, in and out: those are copied. Other arrays are used where they lie. */
function privately<T extends OrtValues>(values: T): T {
  return values.buffer instanceof SharedArrayBuffer ? (values.slice() as T) : values;
}

/** Frees a result that has been written to `target` as well. */
function drop(result: OrtTensor, target: Float32Array): void {
  const { data } = result;
  result.dispose();
  if (data.buffer !== target.buffer) freeArray(data);
}

function fromTensor(tensor: OrtTensor): OnnxTensor {
  return { shape: tensor.dims, values: tensor.data };
}
