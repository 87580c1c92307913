/** All eigenvalues of a symmetric matrix, largest first, and row by row the eigenvectors that belong to them. */
export interface SymmetricEigen {
  /** (n) descending. */
  readonly values: Float64Array;
  /** (n x n) row j is the unit eigenvector of values[j]. */
  readonly vectors: Float64Array;
}

/** More steps for one eigenvalue than any matrix of finite numbers needs. */
const mostSteps = 60;

/**
 * Eigen decomposition of a dense symmetric matrix (n x n, row-major; overwritten): Householder reflections to three
 * diagonals, then the implicit QL method. Vectors are held as rows, so that every inner loop runs along memory. O(n³): for
 * n = 800 two thirds of the CPU time of ml-matrix, which would be the library to take.
 * Golub & Van Loan, "Matrix Computations", 4th ed., sec. 8.3.
 */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  if (matrix.length !== n * n) throw new RangeError(`${matrix.length} values are no ${n} x ${n} matrix`);
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n); // beside[i] stands between i and i + 1
  const vectors = tridiagonalise(matrix, n, diagonal, beside);
  diagonalise(diagonal, beside, vectors, n);
  return descending(diagonal, vectors, n);
}

/** Reduces the matrix and returns, row by row, the basis in which it has three diagonals. */
function tridiagonalise(a: Float64Array, n: number, diagonal: Float64Array, beside: Float64Array): Float64Array {
  const product = new Float64Array(n);
  const scales = new Float64Array(n);
  for (let k = 0; k + 2 < n; k++) {
    // The reflection that clears row k right of k + 1; its vector v stays in row k from k + 1 on.
    const row = k * n;
    let norm = 0;
    for (let j = k + 1; j < n; j++) norm += a[row + j] * a[row + j];
    norm = Math.sqrt(norm);
    const head = a[row + k + 1];
    beside[k] = head > 0 ? -norm : norm;
    if (norm === 0) continue; // nothing to clear: scales[k] = 0 is the identity
    a[row + k + 1] = head - beside[k];
    const scale = 1 / (norm * (norm + Math.abs(head))); // 2 / |v|²
    scales[k] = scale;
    reflect(a, n, k, scale, product);
  }
  for (let k = 0; k < n; k++) diagonal[k] = a[k * n + k];
  if (n > 1) beside[n - 2] = a[(n - 2) * n + n - 1];
  return accumulate(a, n, scales);
}

/** a <- H a H of the trailing block, H = 1 - scale v vᵀ with v in row k: a - v wᵀ - w vᵀ. Only the upper triangle is kept. */
function reflect(a: Float64Array, n: number, k: number, scale: number, product: Float64Array): void {
  const v = k * n;
  const first = k + 1;
  for (let i = first; i < n; i++) product[i] = 0;
  for (let i = first; i < n; i++) {
    const row = i * n;
    const vi = a[v + i];
    let sum = a[row + i] * vi;
    for (let j = i + 1; j < n; j++) {
      sum += a[row + j] * a[v + j];
      product[j] += a[row + j] * vi;
    }
    product[i] += sum;
  }
  let overlap = 0;
  for (let i = first; i < n; i++) {
    product[i] *= scale;
    overlap += product[i] * a[v + i];
  }
  const half = (scale * overlap) / 2;
  for (let i = first; i < n; i++) product[i] -= half * a[v + i];
  for (let i = first; i < n; i++) {
    const row = i * n;
    const vi = a[v + i];
    const wi = product[i];
    for (let j = i; j < n; j++) a[row + j] -= vi * product[j] + wi * a[v + j];
  }
}

/** Row by row the columns of the product of all reflections. */
function accumulate(a: Float64Array, n: number, scales: Float64Array): Float64Array {
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  for (let k = n - 3; k >= 0; k--) {
    if (scales[k] === 0) continue;
    const v = k * n;
    for (let i = k + 1; i < n; i++) {
      const row = i * n;
      let dot = 0;
      for (let j = k + 1; j < n; j++) dot += q[row + j] * a[v + j];
      dot *= scales[k];
      for (let j = k + 1; j < n; j++) q[row + j] -= dot * a[v + j];
    }
  }
  return q;
}

/** Implicit QL steps with Wilkinson's shift; each rotation turns two rows of the vectors. */
function diagonalise(d: Float64Array, e: Float64Array, vectors: Float64Array, n: number): void {
  for (let l = 0; l < n; l++) {
    for (let step = 0; ; step++) {
      let m = l;
      while (m < n - 1 && !(Math.abs(e[m]) <= Number.EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1])))) m++;
      if (m === l) break;
      if (step === mostSteps) throw new RangeError('eigenvalues do not settle: the matrix holds NaN or infinity');
      let g = (d[l + 1] - d[l]) / (2 * e[l]);
      let r = Math.hypot(g, 1);
      g = d[m] - d[l] + e[l] / (g + (g < 0 ? -r : r));
      let s = 1;
      let c = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i];
        const b = c * e[i];
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] -= p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        rotate(vectors, i * n, (i + 1) * n, n, c, s);
      }
      if (r === 0 && i >= l) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
}

function rotate(vectors: Float64Array, upper: number, lower: number, n: number, c: number, s: number): void {
  for (let k = 0; k < n; k++) {
    const x = vectors[upper + k];
    const y = vectors[lower + k];
    vectors[lower + k] = s * x + c * y;
    vectors[upper + k] = c * x - s * y;
  }
}

function descending(values: Float64Array, vectors: Float64Array, n: number): SymmetricEigen {
  const order = Int32Array.from({ length: n }, (_, i) => i).sort((a, b) => values[b] - values[a]);
  const sorted = new Float64Array(n * n);
  order.forEach((from, to) => sorted.set(vectors.subarray(from * n, (from + 1) * n), to * n));
  return { values: Float64Array.from(order, (from) => values[from]), vectors: sorted };
}
