import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { Compute, DenseLayer, DenseSpec, Device, EngineRequest } from './compute.js';
import { assertDenseSpec } from './plain.js';
import { loadTfjs, type LoadedTfjs } from './tfjs.js';

/** TensorFlow.js as forward engine: a quarter of ONNX Runtime's speed on wasm, and a GPU through tfjs-node-gpu. */
export async function loadTfjsEngine({ device, threads }: EngineRequest): Promise<Compute> {
  return new TfjsCompute(await loadTfjs(device), threads);
}

class TfjsCompute implements Compute {
  readonly engine = 'tfjs';
  readonly device: Device;
  readonly threads: number;
  readonly description: string;

  constructor(
    private readonly loaded: LoadedTfjs,
    threads: number,
  ) {
    const { tf, backend, device } = loaded;
    this.device = device;
    this.threads = backend === 'wasm' ? 1 : threads;
    this.description = `TensorFlow.js ${tf.version_core} on ${backend}`;
  }

  async gemmTransposed(
    a: Float32Array,
    m: number,
    b: Float32Array,
    n: number,
    dim: number,
    out: Float32Array,
  ): Promise<void> {
    if (m === 0 || n === 0) return; // the wasm backend would complain on stderr
    const { tf } = this.loaded;
    const product = tf.tidy(() => {
      const left = tf.tensor2d(privately(a, m * dim), [m, dim]);
      return left.matMul(tf.tensor2d(privately(b, n * dim), [n, dim]), false, true);
    });
    out.set(await product.data<'float32'>());
    product.dispose();
  }

  async denseLayer(spec: DenseSpec): Promise<DenseLayer> {
    assertDenseSpec(spec);
    const { tf } = this.loaded;
    const { inputs, outputs, activation } = spec;
    const weights = tf.tensor2d(privately(spec.weights, inputs * outputs), [inputs, outputs]);
    const bias = spec.bias === undefined ? undefined : tf.tensor1d(privately(spec.bias, outputs));
    const slopes = activation === 'prelu' ? tf.tensor1d(privately(spec.slopes!, outputs)) : undefined;
    const forward = (x: Tensor2D): Tensor => {
      const product: Tensor = x.matMul(weights);
      const sum = bias === undefined ? product : product.add(bias);
      if (activation === 'relu') return sum.relu();
      return slopes === undefined ? sum : tf.prelu(sum, slopes);
    };
    return {
      run: async (x, rows, out = new Float32Array(rows * outputs)) => {
        if (rows === 0) return out;
        const result = tf.tidy(() => forward(tf.tensor2d(privately(x, rows * inputs), [rows, inputs])));
        out.set(await result.data<'float32'>());
        result.dispose();
        return out;
      },
      dispose: async () =>
        tf.dispose([weights, ...(bias === undefined ? [] : [bias]), ...(slopes === undefined ? [] : [slopes])]),
    };
  }

  async dispose(): Promise<void> {
    // the backend is one per process, and a trainer may be using it
  }
}

/** tfjs may keep the array it is given, and can't take a shared one to native code: the first `length` values, copied. */
function privately(values: Float32Array, length: number): Float32Array {
  return values.slice(0, length);
}
