import type { Tensor, Weights } from '@l2c/core';

/** Mean and standard deviation of columns; a column that is constant has deviation 1. */
export interface ColumnScale {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** The scale of the given rows of several tables alike, each a list of columns. In double precision. */
export function columnScale(
  tables: readonly { columns: readonly ArrayLike<number>[]; rows: Int32Array }[],
): ColumnScale {
  const count = tables.reduce((sum, { rows }) => sum + rows.length, 0);
  const width = tables[0].columns.length;
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width).fill(1);
  for (let c = 0; c < width; c++) {
    let sum = 0;
    for (const { columns, rows } of tables) for (const row of rows) sum += columns[c][row];
    mean[c] = sum / count;
    let squares = 0;
    for (const { columns, rows } of tables) for (const row of rows) squares += (columns[c][row] - mean[c]) ** 2;
    const found = Math.sqrt(squares / count);
    if (found > 1e-6) deviation[c] = found;
  }
  return { mean, deviation };
}

/** (value - mean) / deviation, in place, of row-major rows. */
export function standardise(rows: Float32Array, { mean, deviation }: ColumnScale): Float32Array {
  const dim = mean.length;
  for (let r = 0; r < rows.length; r += dim) {
    for (let c = 0; c < dim; c++) rows[r + c] = (rows[r + c] - mean[c]) / deviation[c];
  }
  return rows;
}

/** Weights for plain rows that say what the given ones say of standardised rows: the first layer takes the scale into itself. */
export function toPlainRows(weights: Weights, { mean, deviation }: ColumnScale, layer: string): Map<string, Tensor> {
  const factors = deviation.map((value) => 1 / value);
  return rescaled(weights, layer, factors, (w, c) => -w * factors[c] * mean[c]);
}

/** The way back of {@link toPlainRows}. */
export function toStandardRows(weights: Weights, { mean, deviation }: ColumnScale, layer: string): Map<string, Tensor> {
  return rescaled(weights, layer, deviation, (w, c) => w * mean[c]);
}

/** Scales column c of a linear layer by factors[c], and adds to the bias what `moved` says of each weight before that. */
function rescaled(
  weights: Weights,
  layer: string,
  factors: Float64Array,
  moved: (weight: number, column: number) => number,
): Map<string, Tensor> {
  const { shape, values } = weights.get(`${layer}.weight`)!;
  const [outputs, inputs] = shape;
  const weight = new Float32Array(values.length);
  const bias = weights.get(`${layer}.bias`)!.values.slice();
  for (let o = 0; o < outputs; o++) {
    let shift = 0;
    for (let c = 0; c < inputs; c++) {
      const at = o * inputs + c;
      weight[at] = values[at] * factors[c];
      shift += moved(values[at], c);
    }
    bias[o] += shift;
  }
  return new Map([
    ...weights,
    [`${layer}.weight`, { shape, values: weight }],
    [`${layer}.bias`, { shape: [outputs], values: bias }],
  ]);
}
