import type { Compute, DenseLayer, DenseSpec, EngineRequest } from './compute.js';

/** Rows of b whose products with one row of a are summed at the same time: each value of a is read once for four. */
const together = 4;

/** out = a bᵀ for a (m x dim), b (n x dim), out (m x n), row-major, summed in double precision. */
export function gemmTransposedPlain(
  a: Float32Array,
  m: number,
  b: Float32Array,
  n: number,
  dim: number,
  out: Float32Array,
): void {
  const whole = n - (n % together);
  for (let i = 0; i < m; i++) {
    const row = i * dim;
    for (let j = 0; j < whole; j += together) {
      const [b0, b1, b2, b3] = [j * dim, (j + 1) * dim, (j + 2) * dim, (j + 3) * dim];
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let c = 0; c < dim; c++) {
        const x = a[row + c];
        s0 += x * b[b0 + c];
        s1 += x * b[b1 + c];
        s2 += x * b[b2 + c];
        s3 += x * b[b3 + c];
      }
      out[i * n + j] = s0;
      out[i * n + j + 1] = s1;
      out[i * n + j + 2] = s2;
      out[i * n + j + 3] = s3;
    }
    for (let j = whole; j < n; j++) {
      let sum = 0;
      for (let c = 0; c < dim; c++) sum += a[row + c] * b[j * dim + c];
      out[i * n + j] = sum;
    }
  }
}

/** activation(x W + b) for x (rows x inputs), row-major, summed in double precision. */
function dense(spec: DenseSpec, x: Float32Array, rows: number, out: Float32Array): Float32Array {
  const { inputs, outputs, weights, bias, activation, slopes } = spec;
  const sums = new Float64Array(outputs);
  for (let r = 0; r < rows; r++) {
    if (bias === undefined) sums.fill(0);
    else sums.set(bias);
    for (let i = 0; i < inputs; i++) {
      const value = x[r * inputs + i];
      for (let o = 0; o < outputs; o++) sums[o] += value * weights[i * outputs + o];
    }
    for (let o = 0; o < outputs; o++) {
      const sum = sums[o];
      const below = activation === 'relu' ? 0 : activation === 'prelu' ? slopes![o] * sum : sum;
      out[r * outputs + o] = sum < 0 ? below : sum; // NaN stays NaN, as on other engines
    }
  }
  return out;
}

/** Throws a RangeError where the arrays of a layer don't fit its sizes. */
export function assertDenseSpec({ inputs, outputs, weights, bias, activation, slopes }: DenseSpec): void {
  if (weights.length !== inputs * outputs)
    throw new RangeError(`dense: ${weights.length} weights, not ${inputs} x ${outputs}`);
  if (bias !== undefined && bias.length !== outputs)
    throw new RangeError(`dense: ${bias.length} biases, not ${outputs}`);
  if (activation === 'prelu' && slopes?.length !== outputs)
    throw new RangeError(`dense: prelu needs ${outputs} slopes`);
}

/** Plain TypeScript: slow, always there. */
export const plainCompute: Compute = {
  engine: 'plain',
  device: 'cpu',
  threads: 1,
  description: 'plain TypeScript on cpu',
  gemmTransposed: async (a, m, b, n, dim, out) => gemmTransposedPlain(a, m, b, n, dim, out),
  denseLayer: async (spec): Promise<DenseLayer> => {
    assertDenseSpec(spec);
    return {
      run: async (x, rows, out = new Float32Array(rows * spec.outputs)) => dense(spec, x, rows, out),
      dispose: async () => undefined,
    };
  },
  dispose: async () => undefined,
};

/** {@link plainCompute} for the threads asked for; it has no GPU. */
export async function loadPlain({ device, threads }: EngineRequest): Promise<Compute> {
  if (device === 'gpu') throw new Error('plain TypeScript has no gpu');
  return { ...plainCompute, threads };
}
