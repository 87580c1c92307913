import type { DenseSpec } from './compute.js';
import { writeOnnx, type OnnxInitializer, type OnnxNode } from './onnx.js';

/**
 * An ONNX model of dense layers that follow each other. The inputs x0, x1, ... hold `parts` columns each: side by side they
 * are what the first layer reads, and are multiplied one by one, without being copied together. The output is y.
 */
export function denseChainModel(specs: readonly DenseSpec[], parts: readonly number[]): Uint8Array {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxInitializer[] = [];
  specs.forEach((spec, l) => {
    const { outputs, weights, bias, activation, slopes } = spec;
    let first = 0;
    let sum = bias === undefined ? undefined : `b${l}`;
    if (bias !== undefined) initializers.push({ name: `b${l}`, shape: [outputs], values: bias });
    for (const [p, count] of (l === 0 ? parts : [spec.inputs]).entries()) {
      const name = `W${l}.${p}`;
      const values = weights.subarray(first * outputs, (first + count) * outputs);
      initializers.push({ name, shape: [count, outputs], values });
      const inputs = [l === 0 ? `x${p}` : `y${l - 1}`, name, ...(sum === undefined ? [] : [sum])];
      nodes.push({ op: 'Gemm', inputs, outputs: [(sum = `s${l}.${p}`)] });
      first += count;
    }
    const output = l === specs.length - 1 ? 'y' : `y${l}`;
    if (activation === 'prelu') initializers.push({ name: `a${l}`, shape: [outputs], values: slopes! });
    const op = activation === 'prelu' ? 'PRelu' : activation === 'relu' ? 'Relu' : 'Identity';
    nodes.push({ op, inputs: op === 'PRelu' ? [sum!, `a${l}`] : [sum!], outputs: [output] });
  });
  return writeOnnx({
    nodes,
    inputs: parts.map((count, p) => ({ name: `x${p}`, type: 'float32', shape: ['rows', count] })),
    outputs: [{ name: 'y', type: 'float32', shape: ['rows', specs.at(-1)!.outputs] }],
    initializers,
  });
}
