import type { Rank, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Tfjs } from '../compute/tfjs.js';
import type { Random } from '../stages/services.js';
import type { BatchNorm, GraphConvolution, Layer, Model } from './layers.js';
import { poolGradient, poolRows } from './pool.js';
import type { PropagatedBatch } from './propagated-batch.js';

/** What a forward pass that is to be differentiated works with. Tensors belong to the caller's tidy. */
export interface TensorPass {
  readonly tf: Tfjs;
  /** Learned and running tensors by name. */
  readonly variables: ReadonlyMap<string, Tensor>;
  readonly batch: PropagatedBatch;
  /** Draws dropout; without it nothing is dropped. */
  readonly random?: Random | undefined;
  /** Which values (or rows) a dropout keeps, 1 or 0, instead of drawing them: by the index of its layer. */
  readonly masks?: ReadonlyMap<number, Float32Array> | undefined;
  /** Told the batch statistics of each batch norm: they move the running ones. */
  readonly statistics?: ((layer: BatchNorm, mean: Tensor1D, variance: Tensor1D, rows: number) => void) | undefined;
}

/**
 * The model in tensors, differentiable, in training mode: batch norm uses the statistics of the batch, dropout drops.
 * Reads the same list of layers as {@link ForwardModel}.
 */
export function tensorForward(model: Model, pass: TensorPass): Tensor2D {
  let x: Tensor2D | undefined;
  let start = 0;
  const [first] = model.layers;
  if (first?.type === 'graph-convolution') {
    // the input is no variable: what is propagated of it stays the same
    x = weighted(pass, first, pass.batch.input(pass.tf, first.aggregate === 'concat'));
    start = 1;
  }
  x ??= pass.batch.input(pass.tf, undefined);
  for (let index = start; index < model.layers.length; index++) x = apply(pass, model.layers[index], index, x);
  return x;
}

function apply(pass: TensorPass, layer: Layer, index: number, x: Tensor2D): Tensor2D {
  const { tf, batch } = pass;
  switch (layer.type) {
    case 'graph-convolution':
      return convolution(pass, layer, x);
    case 'aggregate':
      return propagate(pass, x);
    case 'linear': {
      const product = tf.matMul<Tensor2D>(x, variable(pass, `${layer.name}.weight`), false, true);
      return layer.bias ? product.add(variable(pass, `${layer.name}.bias`)) : product;
    }
    case 'prelu':
      return tf.prelu<Tensor2D>(x, variable(pass, `${layer.name}.weight`));
    case 'batch-norm':
      return batchNorm(pass, layer, x, index === 0 ? (batch.graph.zeroRows ?? 0) : 0);
    case 'dropout':
      return dropout(pass, layer, index, x);
    case 'pool':
      return pool(pass, layer.reduce, x);
    case 'select':
      return select(tf, x, batch.graph.selected);
    case 'relu':
      return x.relu();
    case 'sigmoid':
      return x.sigmoid();
    case 'softmax':
      return x.softmax();
    case 'log-softmax':
      return x.logSoftmax();
    case 'tap':
      return x;
  }
}

function variable<R extends Rank>(pass: TensorPass, name: string): Tensor<R> {
  const found = pass.variables.get(name);
  if (found === undefined) throw new RangeError(`no variable ${name}`);
  return found as Tensor<R>;
}

/** input W + b for an input that has been propagated (and concatenated) already. */
function weighted(pass: TensorPass, { name, bias }: GraphConvolution, input: Tensor2D): Tensor2D {
  const product = pass.tf.matMul<Tensor2D>(input, variable(pass, `${name}.weight`));
  return bias ? product.add(variable(pass, `${name}.bias`)) : product;
}

/** Propagates on the side of the product with fewer columns, as the forward pass does. */
function convolution(pass: TensorPass, layer: GraphConvolution, x: Tensor2D): Tensor2D {
  const { name, inputs, outputs, aggregate, bias } = layer;
  const { tf } = pass;
  const concat = aggregate === 'concat';
  if (outputs >= inputs) {
    const propagated = propagate(pass, x);
    return weighted(pass, layer, concat ? tf.concat2d([ownRows(pass, x), propagated], 1) : propagated);
  }
  const weights: Tensor2D = variable(pass, `${name}.weight`);
  const own = concat ? tf.matMul<Tensor2D>(ownRows(pass, x), weights.slice([0, 0], [inputs, outputs])) : undefined;
  const ofOthers = concat ? weights.slice([inputs, 0], [inputs, outputs]) : weights;
  const others = propagate(pass, tf.matMul<Tensor2D>(x, ofOthers));
  const sum: Tensor2D = own === undefined ? others : own.add(others);
  return bias ? sum.add(variable(pass, `${name}.bias`)) : sum;
}

/** The rows that stand beside A x: the first ones, where A has fewer rows than columns. */
function ownRows({ batch }: TensorPass, x: Tensor2D): Tensor2D {
  const [all, columns] = x.shape;
  const rows = batch.rowsOfAdjacency(all);
  return rows === all ? x : x.slice([0, 0], [rows, columns]);
}

/** A x; its gradient is Aᵀ dy. */
function propagate({ tf, batch }: TensorPass, x: Tensor2D): Tensor2D {
  const product = (tensor: Tensor2D, transposed: boolean): Tensor2D => {
    const [, columns] = tensor.shape;
    const values = batch.propagate(tensor.dataSync<'float32'>(), columns, transposed);
    return tf.tensor2d(values, [values.length / columns, columns]);
  };
  const op = tf.customGrad((value) => ({
    value: product(value as Tensor2D, false),
    gradFunc: (gradient: Tensor) => product(gradient as Tensor2D, true),
  }));
  return op(x) as Tensor2D;
}

function pool({ tf, batch }: TensorPass, reduce: 'max' | 'mean' | 'sum', x: Tensor2D): Tensor2D {
  const [rows, columns] = x.shape;
  const graphs = batch.graph.graphs ?? Int32Array.of(0, rows);
  const op = tf.customGrad((value) => {
    const pooled = poolRows((value as Tensor2D).dataSync<'float32'>(), columns, graphs, reduce);
    const back = (gradient: Tensor): Tensor =>
      tf.tensor2d(poolGradient(gradient.dataSync<'float32'>(), columns, rows, graphs, reduce, pooled.winners), [
        rows,
        columns,
      ]);
    return { value: tf.tensor2d(pooled.values, [graphs.length - 1, columns]), gradFunc: back };
  });
  return op(x);
}

/** Copied in JavaScript: the gather of tfjs-wasm is slower. */
function select(tf: Tfjs, x: Tensor2D, selected: Int32Array | undefined): Tensor2D {
  if (selected === undefined) throw new RangeError('the batch has no selected rows, and a layer needs them');
  const [rows, columns] = x.shape;
  const op = tf.customGrad((value) => {
    const all = (value as Tensor2D).dataSync<'float32'>();
    const kept = new Float32Array(selected.length * columns);
    selected.forEach((row, s) => kept.set(all.subarray(row * columns, (row + 1) * columns), s * columns));
    const back = (gradient: Tensor): Tensor => {
      const values = gradient.dataSync<'float32'>();
      const result = new Float32Array(rows * columns);
      selected.forEach((row, s) => {
        for (let c = 0; c < columns; c++) result[row * columns + c] += values[s * columns + c];
      });
      return tf.tensor2d(result, [rows, columns]);
    };
    return { value: tf.tensor2d(kept, [selected.length, columns]), gradFunc: back };
  });
  return op(x);
}

/** By the statistics of x and of `zeroRows` rows of zeros more. */
function batchNorm(pass: TensorPass, layer: BatchNorm, x: Tensor2D, zeroRows: number): Tensor2D {
  let { mean, variance } = pass.tf.moments(x, 0);
  const [rows] = x.shape;
  if (zeroRows > 0) {
    // of all rows the share p is in x: mean p m, variance p v + p (1 - p) m^2
    const part = rows / (rows + zeroRows);
    variance = variance.mul(part).add(mean.square().mul(part * (1 - part)));
    mean = mean.mul(part);
  }
  pass.statistics?.(layer, mean as Tensor1D, variance as Tensor1D, rows + zeroRows);
  const normal: Tensor2D = x.sub(mean).mul(variance.add(layer.epsilon).rsqrt());
  if (!layer.affine) return normal;
  return normal.mul(variable(pass, `${layer.name}.weight`)).add(variable(pass, `${layer.name}.bias`));
}

function dropout(
  { tf, random, masks }: TensorPass,
  { rate, of }: Extract<Layer, { type: 'dropout' }>,
  index: number,
  x: Tensor2D,
): Tensor2D {
  const [rows, columns] = x.shape;
  const length = of === 'rows' ? rows : rows * columns;
  const given = masks?.get(index);
  if (rate === 0 || (given === undefined && random === undefined)) return x;
  if (given !== undefined && given.length !== length) throw new RangeError(`a mask of ${given.length}, not ${length}`);
  const kept = new Float32Array(length);
  for (let i = 0; i < length; i++) kept[i] = (given?.[i] ?? (random!.next() >= rate ? 1 : 0)) / (1 - rate);
  return x.mul(tf.tensor2d(kept, [rows, of === 'rows' ? 1 : columns]));
}
