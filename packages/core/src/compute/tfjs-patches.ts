import type { KernelFunc, TensorInfo, TypedArray } from '@tensorflow/tfjs';
import type { Tfjs } from './tfjs.js';

/** What is used of the wasm backend. */
interface WasmBackend {
  makeOutput(shape: number[], dtype: TensorInfo['dtype']): TensorInfo;
  typedArrayFromHeap(tensor: TensorInfo): TypedArray;
  disposeData(dataId: object): boolean;
}

const patched = new WeakSet<Tfjs>();

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
