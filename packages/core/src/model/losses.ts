import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Tfjs } from '../compute/tfjs.js';

/**
 * What training minimises. `mse`: the squared difference of a model's only column and the targets. `nll`: minus the log
 * probability of the target, a class, for a model that ends in log-softmax.
 */
export type Loss = 'mse' | 'nll';

/**
 * The weighted mean of the losses of the rows: sum w l / sum w. `targets` and `weights` (rows); a row of weight 0 counts for
 * nothing, whatever its target.
 */
export function meanLoss(
  tf: Tfjs,
  loss: Loss,
  predicted: Tensor2D,
  targets: Float32Array,
  weights: Float32Array,
): Scalar {
  const [rows, columns] = predicted.shape;
  if (targets.length !== rows || weights.length !== rows)
    throw new RangeError(`${targets.length} targets and ${weights.length} weights for ${rows} rows`);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) throw new RangeError('no row of the batch has a weight');
  if (loss === 'mse') {
    if (columns !== 1) throw new RangeError(`mse of ${columns} columns`);
    const wanted = targets.map((target, row) => (weights[row] === 0 ? 0 : target));
    const shares = weights.map((weight) => weight / total);
    const difference: Tensor1D = predicted.reshape<Tensor1D>([rows]).sub(tf.tensor1d(wanted));
    return difference.square().mul<Tensor>(tf.tensor1d(shares)).sum();
  }
  // a product with the chosen places alone: one-hot rows, weighted
  const chosen = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    if (weights[row] !== 0) chosen[row * columns + targets[row]] = -weights[row] / total;
  }
  return predicted.mul<Tensor>(tf.tensor2d(chosen, [rows, columns])).sum();
}
