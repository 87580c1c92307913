// The part of onnxruntime-node that is used. Own types, because the package is optional: without it, the build must do.

export type OrtValues = Float32Array | Int32Array | BigInt64Array | Uint8Array;

export interface OrtTensor {
  readonly dims: readonly number[];
  readonly data: OrtValues;
  dispose(): void;
}

export interface OrtSession {
  /** `fetches` are tensors whose arrays receive the outputs. */
  run(feeds: Record<string, OrtTensor>, fetches?: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}

export interface OrtSessionOptions {
  readonly executionProviders: readonly string[];
  readonly intraOpNumThreads: number;
  readonly interOpNumThreads: number;
  readonly logSeverityLevel: number;
  readonly extra: Readonly<Record<string, unknown>>;
}

export interface OnnxRuntime {
  readonly env: { readonly versions: { readonly common: string } };
  readonly InferenceSession: { create(model: Uint8Array, options: OrtSessionOptions): Promise<OrtSession> };
  readonly Tensor: new (type: string, data: OrtValues, dims: readonly number[]) => OrtTensor;
}
