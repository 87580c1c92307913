/** Pivots below this share of their diagonal are rounding of float32 products: the column depends on those before it. */
const dependent = 1e-5;

/**
 * L⁻¹ of a symmetric positive matrix G = L Lᵀ (n x n, row-major; overwritten), lower triangular, row-major. A column that
 * depends on those before it is left out: its row of L⁻¹ is 0. O(n³).
 */
export function inverseCholesky(g: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    let pivot = g[row + i];
    const least = dependent * pivot;
    for (let j = 0; j < i; j++) {
      const other = j * n;
      let sum = g[row + j];
      for (let k = 0; k < j; k++) sum -= g[row + k] * g[other + k];
      g[row + j] = g[other + j] === 0 ? 0 : sum / g[other + j];
      pivot -= g[row + j] * g[row + j];
    }
    g[row + i] = pivot > least ? Math.sqrt(pivot) : 0;
  }
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    if (g[row + i] === 0) continue;
    inverse[row + i] = 1;
    for (let k = 0; k < i; k++) {
      const factor = g[row + k];
      const from = k * n;
      for (let j = 0; j <= k; j++) inverse[row + j] -= factor * inverse[from + j];
    }
    const scale = 1 / g[row + i];
    for (let j = 0; j <= i; j++) inverse[row + j] *= scale;
  }
  return inverse;
}

/** L⁻¹ A L⁻ᵀ of a symmetric A (n x n), made symmetric to the last bit. `inverse` is lower triangular. O(n³). */
export function congruent(inverse: Float64Array, a: ArrayLike<number>, n: number): Float64Array {
  const half = new Float64Array(n * n); // row i: row i of L⁻¹ A
  for (let i = 0; i < n; i++) {
    for (let k = 0; k <= i; k++) {
      const factor = inverse[i * n + k];
      for (let j = 0; j < n; j++) half[i * n + j] += factor * a[k * n + j];
    }
  }
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k <= j; k++) sum += half[i * n + k] * inverse[j * n + k];
      result[i * n + j] = sum;
      result[j * n + i] = sum;
    }
  }
  return result;
}

/** vectors L⁻¹ (n x n): row j mixes the columns that G was made of into orthonormal vector j. O(n³). */
export function mix(vectors: Float64Array, inverse: Float64Array, n: number): Float32Array {
  const result = new Float32Array(n * n);
  const sum = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    sum.fill(0);
    for (let k = 0; k < n; k++) {
      const factor = vectors[i * n + k];
      for (let j = 0; j <= k; j++) sum[j] += factor * inverse[k * n + j];
    }
    result.set(sum, i * n);
  }
  return result;
}
