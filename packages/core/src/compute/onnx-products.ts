import { createRequire } from 'node:module';
import type { MatrixProduct } from './compute.js';
import { freeArray } from './free-array.js';
import { writeOnnx } from './onnx.js';
import type { OnnxRuntime, OrtSessionOptions, OrtTensor } from './onnxruntime-types.js';

/** A session of the package's native part: what its public API wraps in a promise returns at once here. */
interface NativeSession {
  loadModel(buffer: ArrayBufferLike, offset: number, bytes: number, options: OrtSessionOptions): void;
  run(feeds: Record<string, OrtTensor>, fetches: Record<string, OrtTensor>, options: object): Record<string, OrtTensor>;
  dispose(): void;
}

interface NativePart {
  readonly binding: { readonly InferenceSession: new () => NativeSession };
  initOrt(): void;
}

/**
 * The native part hands out a copy of each result beside the one it writes where it is told to. Of so many values at most
 * (a megabyte), that copy stays in the cache and costs little; of a whole matrix it takes longer than the product.
 */
const blockValues = 2 ** 18;

/** Products that don't wait for the event loop. */
export interface OnnxProducts {
  readonly multiply: MatrixProduct;
  dispose(): void;
}

/**
 * Matrix products by ONNX Runtime that return at once: its public API has promises alone, and a gradient of TensorFlow.js
 * can't wait for one. Undefined where this version of the package is built otherwise.
 */
export function openOnnxProducts(ort: OnnxRuntime, options: OrtSessionOptions): OnnxProducts | undefined {
  let native: NativePart;
  try {
    native = createRequire(import.meta.url)('onnxruntime-node/dist/binding.js') as NativePart;
    native.initOrt();
  } catch {
    return undefined;
  }
  const sessions = new Map<string, NativeSession>();
  const sessionOf = (transposeA: boolean, transposeB: boolean): NativeSession => {
    const key = `${transposeA} ${transposeB}`;
    let session = sessions.get(key);
    if (session === undefined) {
      const { buffer, byteOffset, byteLength } = productModel(transposeA, transposeB);
      session = new native.binding.InferenceSession();
      session.loadModel(buffer, byteOffset, byteLength, options);
      sessions.set(key, session);
    }
    return session;
  };
  const tensor = (values: Float32Array, shape: readonly number[]): OrtTensor =>
    new ort.Tensor('float32', values, shape);
  const multiply: MatrixProduct = (a, b, { rows, inner, columns, transposeA, transposeB }, out) => {
    const session = sessionOf(transposeA, transposeB);
    const B = tensor(b, transposeB ? [columns, inner] : [inner, columns]);
    // rows of a transposed A lie apart: such a product, of a few weights mostly, is taken whole
    const step = transposeA ? rows : Math.max(1, Math.floor(blockValues / columns));
    for (let first = 0; first < rows; first += step) {
      const count = Math.min(step, rows - first);
      const A = transposeA
        ? tensor(a, [inner, rows])
        : tensor(a.subarray(first * inner, (first + count) * inner), [count, inner]);
      const C = tensor(out.subarray(first * columns, (first + count) * columns), [count, columns]);
      const result = session.run({ A, B }, { C }, {});
      freeArray(result['C'].data);
    }
  };
  try {
    const out = new Float32Array(1);
    multiply(Float32Array.of(1, 2), Float32Array.of(3, 4), { rows: 1, inner: 2, columns: 1, transposeA: true, transposeB: true }, out); // prettier-ignore
    if (out[0] !== 11) return undefined;
  } catch {
    return undefined;
  }
  return { multiply, dispose: () => sessions.forEach((session) => session.dispose()) };
}

/** C = A B or with either transposed, all sizes open. */
function productModel(transposeA: boolean, transposeB: boolean): Uint8Array {
  const attributes = { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) } };
  return writeOnnx({
    nodes: [{ op: 'Gemm', inputs: ['A', 'B'], outputs: ['C'], attributes }],
    inputs: [
      { name: 'A', type: 'float32', shape: ['a0', 'a1'] },
      { name: 'B', type: 'float32', shape: ['b0', 'b1'] },
    ],
    outputs: [{ name: 'C', type: 'float32', shape: ['c0', 'c1'] }],
  });
}
