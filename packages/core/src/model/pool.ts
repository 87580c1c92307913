/** Rows of each graph reduced to one, by column; and of which row a maximum is, for the gradient. */
export interface Pooled {
  /** (graphs x columns). */
  readonly values: Float32Array;
  /** (graphs x columns) int32 rows, for `max` alone. The first of equal ones. */
  readonly winners: Int32Array | undefined;
}

/** Reduces the rows graphs[g] .. graphs[g + 1] of each graph. A graph without rows is a row of zeros. O(rows x columns). */
export function poolRows(
  values: Float32Array,
  columns: number,
  graphs: Int32Array,
  reduce: 'max' | 'mean' | 'sum',
): Pooled {
  const count = graphs.length - 1;
  const result = new Float32Array(count * columns);
  const winners = reduce === 'max' ? new Int32Array(count * columns).fill(-1) : undefined;
  const sums = new Float64Array(columns);
  for (let g = 0; g < count; g++) {
    const [first, last] = [graphs[g], graphs[g + 1]];
    const target = g * columns;
    if (winners !== undefined) {
      for (let r = first; r < last; r++) {
        for (let c = 0; c < columns; c++) {
          const value = values[r * columns + c];
          if (r > first && !(value > result[target + c])) continue;
          result[target + c] = value;
          winners[target + c] = r;
        }
      }
      continue;
    }
    sums.fill(0);
    for (let r = first; r < last; r++) {
      for (let c = 0; c < columns; c++) sums[c] += values[r * columns + c];
    }
    const divisor = reduce === 'mean' ? Math.max(1, last - first) : 1;
    for (let c = 0; c < columns; c++) result[target + c] = sums[c] / divisor;
  }
  return { values: result, winners };
}

/** The gradient of {@link poolRows}: (rows x columns) of that of its result. */
export function poolGradient(
  gradient: Float32Array,
  columns: number,
  rows: number,
  graphs: Int32Array,
  reduce: 'max' | 'mean' | 'sum',
  winners: Int32Array | undefined,
): Float32Array {
  const result = new Float32Array(rows * columns);
  for (let g = 0; g + 1 < graphs.length; g++) {
    const source = g * columns;
    if (winners !== undefined) {
      for (let c = 0; c < columns; c++) {
        const winner = winners[source + c];
        if (winner !== -1) result[winner * columns + c] += gradient[source + c];
      }
      continue;
    }
    const divisor = reduce === 'mean' ? Math.max(1, graphs[g + 1] - graphs[g]) : 1;
    for (let r = graphs[g]; r < graphs[g + 1]; r++) {
      for (let c = 0; c < columns; c++) result[r * columns + c] = gradient[source + c] / divisor;
    }
  }
  return result;
}
