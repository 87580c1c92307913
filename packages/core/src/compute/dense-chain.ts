import type { Compute, DenseChain, DenseSpec } from './compute.js';
import { assertDenseSpec } from './plain.js';

/**
 * Dense layers that follow each other, of which the first reads rows made of `parts` columns side by side, on any engine.
 * Throws a RangeError where sizes don't fit.
 */
export async function openChain(
  compute: Compute,
  specs: readonly DenseSpec[],
  parts: readonly number[],
): Promise<DenseChain> {
  let columns = parts.reduce((sum, count) => sum + count, 0);
  for (const spec of specs) {
    assertDenseSpec(spec);
    if (spec.inputs !== columns) throw new RangeError(`dense: ${columns} columns for a layer of ${spec.inputs}`);
    columns = spec.outputs;
  }
  if (specs.length === 0) throw new RangeError('dense: a chain without layers');
  return compute.denseChain?.(specs, parts) ?? oneByOne(compute, specs, parts);
}

async function oneByOne(compute: Compute, specs: readonly DenseSpec[], parts: readonly number[]): Promise<DenseChain> {
  const layers = await Promise.all(specs.map((spec) => compute.denseLayer(spec)));
  return {
    run: async (values, rows, out) => {
      let x = parts.length === 1 ? values[0] : sideBySide(values, parts, rows);
      for (const [l, layer] of layers.entries())
        x = await layer.run(x, rows, l === layers.length - 1 ? out : undefined);
      return x;
    },
    dispose: async () => {
      for (const layer of layers) await layer.dispose();
    },
  };
}

function sideBySide(values: readonly Float32Array[], parts: readonly number[], rows: number): Float32Array {
  const dim = parts.reduce((sum, count) => sum + count, 0);
  const result = new Float32Array(rows * dim);
  let first = 0;
  for (const [p, count] of parts.entries()) {
    for (let r = 0; r < rows; r++) result.set(values[p].subarray(r * count, (r + 1) * count), r * dim + first);
    first += count;
  }
  return result;
}
