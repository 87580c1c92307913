import type { OrtValues } from './onnxruntime-types.js';

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
