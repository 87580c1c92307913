import type { KernelFunc, TensorInfo, TypedArray } from '@tensorflow/tfjs';
import type { MatrixProduct } from './compute.js';
import type { Tfjs } from './tfjs.js';

/** What is used of the wasm backend. */
interface WasmBackend {
  makeOutput(shape: number[], dtype: TensorInfo['dtype']): TensorInfo;
  typedArrayFromHeap(tensor: TensorInfo): TypedArray;
  disposeData(dataId: object): boolean;
}

const patched = new WeakSet<Tfjs>();

/** Products of fewer multiply-adds than this are done before another engine has been called. */
const worthCalling = 2 ** 18;
let faster: MatrixProduct | undefined;

/**
 * What `run` returns; its large matrix products on the wasm backend are done by `multiply`, where given: of the products of
 * training that backend does a sixth as many per second, on one thread. `run` must not return a promise.
 */
export function withProducts<T>(multiply: MatrixProduct | undefined, run: () => T): T {
  const before = faster;
  faster = multiply;
  try {
    return run();
  } finally {
    faster = before;
  }
}

/**
 * Puts right what makes training on tfjs-wasm slow or impossible, once:
 * - BatchMatMul with a transposed operand is a naive loop there, and every gradient of matMul has one. It goes through
 *   Transpose and the fast path instead: an epoch of a GCN takes a ninth of the time.
 * - UnsortedSegmentSum, the gradient of gather, is missing.
 */
export function patchWasmKernels(tf: Tfjs): void {
  if (patched.has(tf)) return;
  patched.add(tf);
  patchMatMul(tf);
  if (tf.getKernel('UnsortedSegmentSum', 'wasm') === undefined) {
    tf.registerKernel({ kernelName: 'UnsortedSegmentSum', backendName: 'wasm', kernelFunc: unsortedSegmentSum });
  }
}

function patchMatMul(tf: Tfjs): void {
  const original = tf.getKernel('BatchMatMul', 'wasm');
  const transpose = tf.getKernel('Transpose', 'wasm').kernelFunc;
  const kernelFunc: KernelFunc = ({ inputs, backend, attrs }) => {
    const done =
      faster &&
      productBy(faster, inputs as unknown as Operands, backend as WasmBackend, attrs as unknown as Transposed);
    if (done !== undefined) return done;
    const temporary: TensorInfo[] = [];
    const swapLastAxes = (x: TensorInfo): TensorInfo => {
      const rank = x.shape.length;
      const perm = [...Array(rank - 2).keys(), rank - 1, rank - 2];
      const swapped = transpose({ inputs: { x }, backend, attrs: { perm } }) as TensorInfo;
      temporary.push(swapped);
      return swapped;
    };
    const a = attrs!['transposeA'] ? swapLastAxes(inputs['a']!) : inputs['a']!;
    const b = attrs!['transposeB'] ? swapLastAxes(inputs['b']!) : inputs['b']!;
    const result = original.kernelFunc({
      inputs: { a, b },
      backend,
      attrs: { ...attrs, transposeA: false, transposeB: false },
    });
    for (const { dataId } of temporary) (backend as WasmBackend).disposeData(dataId);
    return result;
  };
  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({ ...original, kernelFunc });
}

interface Operands {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

interface Transposed {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** The product of two large matrices by `multiply`, in the memory of the backend; undefined for anything else. */
function productBy(
  multiply: MatrixProduct,
  { a, b }: Operands,
  backend: WasmBackend,
  { transposeA, transposeB }: Transposed,
): TensorInfo | undefined {
  const batch = [...a.shape.slice(0, -2), ...b.shape.slice(0, -2)];
  if (batch.some((size) => size !== 1) || a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
  const [m, n] = [a.shape.slice(-2), b.shape.slice(-2)];
  const [rows, inner] = transposeA ? [m[1], m[0]] : m;
  const columns = transposeB ? n[0] : n[1];
  if (rows * inner * columns < worthCalling) return undefined;
  const leading = Math.max(a.shape.length, b.shape.length) - 2;
  const result = backend.makeOutput([...Array<number>(leading).fill(1), rows, columns], 'float32');
  // views are taken after makeOutput: it may grow the memory
  const [left, right, out] = [a, b, result].map((tensor) => backend.typedArrayFromHeap(tensor) as Float32Array);
  multiply(left, right, { rows, inner, columns, transposeA, transposeB }, out);
  return result;
}

/** Sums the slices of x whose segment id is the same; ids below 0 are left out. */
const unsortedSegmentSum: KernelFunc = ({ inputs, backend: anyBackend, attrs }) => {
  const backend = anyBackend as WasmBackend;
  const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
  const ids = backend.typedArrayFromHeap(segmentIds);
  const sliceShape = x.shape.slice(segmentIds.shape.length);
  const slice = sliceShape.reduce((product, size) => product * size, 1);
  const result = backend.makeOutput([attrs!['numSegments'] as number, ...sliceShape], x.dtype);
  // views are taken after makeOutput: it may grow the memory
  const values = backend.typedArrayFromHeap(x);
  const sums = backend.typedArrayFromHeap(result).fill(0);
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] < 0) continue;
    const target = ids[i] * slice;
    for (let c = 0; c < slice; c++) sums[target + c] += values[i * slice + c];
  }
  return result;
};
