import type { RowStep } from './compile.js';

/** What {@link applyInPlace} does: every row step but a product, and a tap, which changes nothing. */
export type InPlaceStep = Exclude<RowStep, { kind: 'dense' } | { kind: 'tap' }>;

/** Applies a step to `rows` rows of `columns` values at the front of a row-major array. */
export function applyInPlace(step: InPlaceStep, values: Float32Array, rows: number, columns: number): void {
  const end = rows * columns;
  switch (step.kind) {
    case 'relu':
      for (let i = 0; i < end; i++) if (values[i] < 0) values[i] = 0;
      return;
    case 'sigmoid':
      for (let i = 0; i < end; i++) values[i] = 1 / (1 + Math.exp(-values[i]));
      return;
    case 'prelu':
      for (let r = 0; r < end; r += columns) {
        for (let c = 0; c < columns; c++) if (values[r + c] < 0) values[r + c] *= step.slopes[c];
      }
      return;
    case 'scale-shift':
      for (let r = 0; r < end; r += columns) {
        for (let c = 0; c < columns; c++) values[r + c] = values[r + c] * step.scale[c] + step.shift[c];
      }
      return;
    case 'softmax':
    case 'log-softmax':
      for (let r = 0; r < end; r += columns) {
        const row = values.subarray(r, r + columns);
        if (step.kind === 'softmax') softmax(row);
        else logSoftmax(row);
      }
      return;
  }
}

function logSoftmax(row: Float32Array): void {
  let largest = -Infinity;
  for (let c = 0; c < row.length; c++) if (row[c] > largest) largest = row[c];
  let sum = 0;
  for (let c = 0; c < row.length; c++) sum += Math.exp(row[c] - largest);
  const logarithm = largest + Math.log(sum);
  for (let c = 0; c < row.length; c++) row[c] -= logarithm;
}

function softmax(row: Float32Array): void {
  logSoftmax(row);
  for (let c = 0; c < row.length; c++) row[c] = Math.exp(row[c]);
}
