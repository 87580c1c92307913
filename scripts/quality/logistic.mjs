// Weighted logistic regression of shares, by Newton steps on standardised facts with a ridge of 1; weights are given back for facts as they are.

/** `rows`: (count x facts) flat, `targets` 0 to 1, `weights` positive. */
export function fitLogistic(rows, targets, weights, facts) {
  const { means, scales } = standardisation(rows, facts);
  const size = facts + 1;
  const beta = new Float64Array(size);
  const x = new Float64Array(size).fill(1);
  for (let step = 0; step < 30; step++) {
    const gradient = new Float64Array(size);
    const hessian = Array.from({ length: size }, () => new Float64Array(size));
    for (let i = 0; i < targets.length; i++) {
      let sum = beta[facts];
      for (let f = 0; f < facts; f++) {
        x[f] = (rows[i * facts + f] - means[f]) / scales[f];
        sum += beta[f] * x[f];
      }
      const odds = 1 / (1 + Math.exp(-sum));
      const slope = weights[i] * (targets[i] - odds);
      const bend = weights[i] * odds * (1 - odds);
      for (let f = 0; f < size; f++) {
        gradient[f] += slope * x[f];
        for (let g = 0; g <= f; g++) hessian[f][g] += bend * x[f] * x[g];
      }
    }
    for (let f = 0; f < size; f++) {
      for (let g = 0; g < f; g++) hessian[g][f] = hessian[f][g];
      hessian[f][f] += f < facts ? 1 : 1e-9;
      if (f < facts) gradient[f] -= beta[f];
    }
    const move = solve(hessian, gradient);
    for (let f = 0; f < size; f++) beta[f] += move[f];
    if (Math.max(...move.map(Math.abs)) < 1e-9) break;
  }
  const weightsOf = Array.from({ length: facts }, (_, f) => beta[f] / scales[f]);
  const intercept = beta[facts] - weightsOf.reduce((sum, weight, f) => sum + weight * means[f], 0);
  return { intercept: rounded(intercept), weights: weightsOf.map(rounded) };
}

const rounded = (value) => Number(value.toPrecision(5));

function standardisation(rows, facts) {
  const count = rows.length / facts;
  const means = new Float64Array(facts);
  const scales = new Float64Array(facts);
  for (let e = 0; e < rows.length; e++) means[e % facts] += rows[e] / count;
  for (let e = 0; e < rows.length; e++) scales[e % facts] += (rows[e] - means[e % facts]) ** 2 / count;
  return { means, scales: scales.map((variance) => Math.sqrt(variance) || 1) };
}

/** Gauss with pivots; destroys both. */
function solve(matrix, target) {
  const n = target.length;
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c + 1; r < n; r++) if (Math.abs(matrix[r][c]) > Math.abs(matrix[pivot][c])) pivot = r;
    [matrix[c], matrix[pivot]] = [matrix[pivot], matrix[c]];
    [target[c], target[pivot]] = [target[pivot], target[c]];
    for (let r = c + 1; r < n; r++) {
      const factor = matrix[r][c] / matrix[c][c];
      for (let k = c; k < n; k++) matrix[r][k] -= factor * matrix[c][k];
      target[r] -= factor * target[c];
    }
  }
  const result = new Float64Array(n);
  for (let r = n - 1; r >= 0; r--) {
    let sum = target[r];
    for (let k = r + 1; k < n; k++) sum -= matrix[r][k] * result[k];
    result[r] = sum / matrix[r][r];
  }
  return result;
}
