/**
 * A model, declared once: a list of layers that the forward pass and the trainer both read. Layers are data. Rows are the
 * nodes of one or several graphs, one after the other; A is the propagation matrix of the batch (rows x rows).
 */
export interface Model {
  /** For messages: `gcn-v`. */
  readonly name: string;
  /** Columns of the input. */
  readonly inputs: number;
  readonly layers: readonly Layer[];
}

/**
 * `concat`: [x, A x] W + b with W (2 inputs x outputs), Wang et al., CVPR 2019. `replace`: A x W + b with W (inputs x
 * outputs), Kipf & Welling, ICLR 2017. The activation is a layer of its own.
 */
export interface GraphConvolution {
  readonly type: 'graph-convolution';
  /** Its weights are `NAME.weight` and `NAME.bias`. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly aggregate: 'concat' | 'replace';
  readonly bias: boolean;
}

/** A x without weights: one step of a simplified graph convolution, Wu et al., ICML 2019. */
export interface Aggregate {
  readonly type: 'aggregate';
}

/** x Wᵀ + b with W (outputs x inputs). */
export interface Linear {
  readonly type: 'linear';
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly bias: boolean;
}

/** max(x, 0) + slope min(x, 0), a learned slope per column: `NAME.weight`. He et al., ICCV 2015. */
export interface PRelu {
  readonly type: 'prelu';
  readonly name: string;
  readonly channels: number;
}

/**
 * (x - mean) / sqrt(variance + epsilon) per column. Training takes both from all rows of the batch and moves
 * `NAME.running_mean` and `NAME.running_var` (unbiased) by `momentum` towards them; the forward pass uses those.
 * Ioffe & Szegedy, ICML 2015.
 */
export interface BatchNorm {
  readonly type: 'batch-norm';
  readonly name: string;
  readonly channels: number;
  /** With a learned scale `NAME.weight` and shift `NAME.bias`. */
  readonly affine: boolean;
  readonly momentum: number;
  readonly epsilon: number;
}

/** While training only: zeroes a share `rate` of the values, or of whole rows, and scales up the others. */
export interface Dropout {
  readonly type: 'dropout';
  readonly rate: number;
  readonly of: 'values' | 'rows';
}

/** One row for each graph of the batch, by column. */
export interface Pool {
  readonly type: 'pool';
  readonly reduce: 'max' | 'mean' | 'sum';
}

/** Keeps the rows that the batch lists as `selected`. */
export interface Select {
  readonly type: 'select';
}

/** Hands the rows as they are here to whoever asked for `name`, beside the model's own output. */
export interface Tap {
  readonly type: 'tap';
  readonly name: string;
}

/** Without weights, a value (relu, sigmoid) or a row (softmax, log-softmax) at a time. */
export interface Activation {
  readonly type: 'relu' | 'sigmoid' | 'softmax' | 'log-softmax';
}

export type Layer =
  GraphConvolution | Aggregate | Linear | PRelu | BatchNorm | Dropout | Pool | Select | Tap | Activation;

/** Columns after a layer that got `inputs` of them. A RangeError where they don't fit: the declaration is wrong. */
export function outputsOf(layer: Layer, inputs: number): number {
  switch (layer.type) {
    case 'graph-convolution':
    case 'linear':
      if (layer.inputs !== inputs) throw new RangeError(`${layer.name} takes ${layer.inputs} columns, gets ${inputs}`);
      return layer.outputs;
    case 'prelu':
    case 'batch-norm':
      if (layer.channels !== inputs)
        throw new RangeError(`${layer.name} takes ${layer.channels} columns, gets ${inputs}`);
      return inputs;
    default:
      return inputs;
  }
}

/** Columns of the model's output. */
export function outputsOfModel(model: Model): number {
  return model.layers.reduce((columns, layer) => outputsOf(layer, columns), model.inputs);
}
