import type { DenseSpec } from '../compute/compute.js';
import { outputsOf, type GraphConvolution, type Layer, type Linear, type Model } from './layers.js';
import type { Weights } from './parameters.js';

/** A step that looks at a row at a time, so that rows can pass through it in blocks. */
export type RowStep =
  | { readonly kind: 'dense'; readonly spec: DenseSpec }
  | { readonly kind: 'scale-shift'; readonly scale: Float32Array; readonly shift: Float32Array }
  | { readonly kind: 'prelu'; readonly slopes: Float32Array }
  | { readonly kind: 'relu' | 'sigmoid' | 'softmax' | 'log-softmax' }
  | { readonly kind: 'tap'; readonly name: string };

/**
 * A step that looks at other rows. With x the rows before it: `aggregate` gives A x, `concat` [x, A x], and `split` u + A v
 * for x = [u, v], with the relu behind it.
 */
export type GraphStep =
  | { readonly kind: 'aggregate' | 'concat' | 'select' }
  | { readonly kind: 'split'; readonly relu: boolean }
  | { readonly kind: 'pool'; readonly reduce: 'max' | 'mean' | 'sum' };

/** A step over other rows (none in the first stage of a model that starts otherwise), and the row steps behind it. */
export interface Stage {
  readonly graph: GraphStep | undefined;
  readonly rows: readonly RowStep[];
  /** Columns before the row steps, after each of them, and after all: `widths.at(-1)`. */
  readonly widths: readonly number[];
}

/** A first layer taken apart where many graphs share their rows: x is one row of a table less another. */
export interface Projection {
  /** What every row of the table goes through, once. */
  readonly spec: DenseSpec;
  /** Added to what a graph gathers of the projected table. */
  readonly offset: Float32Array;
}

/** The plan of a forward pass. */
export interface Program {
  readonly projection: Projection | undefined;
  readonly stages: readonly Stage[];
}

/**
 * Turns a model and its (fitting) weights into steps. A graph convolution aggregates before or after its product with W,
 * wherever there are fewer columns: [x, A x] W = x W1 + A (x W2). With `shared` the first convolution is taken apart into a
 * {@link Projection} of the table that all graphs gather their rows of; a batch norm before it folds into that.
 */
export function compile(model: Model, weights: Weights, shared: boolean): Program {
  const plan = new Plan(weights, model.inputs);
  const layers = [...model.layers];
  const projection = shared ? plan.project(layers) : undefined;
  for (const layer of layers) plan.add(layer);
  return { projection, stages: plan.stages() };
}

class Plan {
  private readonly done: Stage[] = [];
  private graph: GraphStep | undefined;
  private rows: RowStep[] = [];
  private widths: number[];
  private columns: number;

  constructor(
    private readonly weights: Weights,
    inputs: number,
  ) {
    this.columns = inputs;
    this.widths = [inputs];
  }

  /** Takes the leading layers, up to the first convolution, off the list. */
  project(layers: Layer[]): Projection {
    const first = layers.shift();
    const norm =
      first?.type === 'batch-norm' ? this.scaleAndShift(first.name, first.channels, first.epsilon) : undefined;
    const layer = norm === undefined ? first : layers.shift();
    if (layer?.type !== 'graph-convolution') throw new RangeError('shared rows need a graph convolution first');
    const { inputs, outputs } = layer;
    const weights = this.sideBySide(layer);
    const width = layer.aggregate === 'concat' ? 2 * outputs : outputs;
    const offset = new Float32Array(width);
    for (let i = 0; norm !== undefined && i < inputs; i++) {
      for (let o = 0; o < width; o++) {
        offset[o] += norm.shift[i] * weights[i * width + o];
        weights[i * width + o] *= norm.scale[i];
      }
    }
    const bias = this.bias(layer);
    this.columns = width;
    this.widths = [width];
    if (layer.aggregate === 'concat') {
      bias?.forEach((value, o) => (offset[o] += value));
      this.beginStage({ kind: 'split', relu: false }, outputs);
    } else {
      this.beginStage({ kind: 'aggregate' }, outputs);
      if (bias !== undefined) this.shift(bias);
    }
    return { spec: { inputs, outputs: width, weights }, offset };
  }

  add(layer: Layer): void {
    outputsOf(layer, this.columns);
    switch (layer.type) {
      case 'graph-convolution':
        this.convolution(layer);
        break;
      case 'linear':
        this.dense({ ...this.transposed(layer), bias: this.bias(layer) });
        break;
      case 'aggregate':
        this.beginStage({ kind: 'aggregate' }, this.columns);
        break;
      case 'pool':
        this.beginStage({ kind: 'pool', reduce: layer.reduce }, this.columns);
        break;
      case 'select':
        this.beginStage({ kind: 'select' }, this.columns);
        break;
      case 'batch-norm': {
        const { scale, shift } = this.scaleAndShift(layer.name, layer.channels, layer.epsilon);
        this.row({ kind: 'scale-shift', scale, shift });
        break;
      }
      case 'prelu':
        this.activation({ kind: 'prelu', slopes: this.values(`${layer.name}.weight`) });
        break;
      case 'relu':
        this.activation({ kind: 'relu' });
        break;
      case 'sigmoid':
      case 'softmax':
      case 'log-softmax':
        this.row({ kind: layer.type });
        break;
      case 'tap':
        this.row({ kind: 'tap', name: layer.name });
        break;
      case 'dropout':
        break;
    }
  }

  stages(): Stage[] {
    return [...this.done, { graph: this.graph, rows: this.rows, widths: this.widths }];
  }

  private convolution(layer: GraphConvolution): void {
    const { inputs, outputs, aggregate } = layer;
    const bias = this.bias(layer);
    if (outputs >= inputs) {
      const concat = aggregate === 'concat';
      this.beginStage({ kind: concat ? 'concat' : 'aggregate' }, concat ? 2 * inputs : inputs);
      const weights = this.values(`${layer.name}.weight`);
      this.dense({ inputs: concat ? 2 * inputs : inputs, outputs, weights, bias });
    } else if (aggregate === 'concat') {
      // the bias rides on u alone, which A does not touch
      const padded = new Float32Array(2 * outputs);
      if (bias !== undefined) padded.set(bias);
      this.dense({ inputs, outputs: 2 * outputs, weights: this.sideBySide(layer), bias: padded });
      this.beginStage({ kind: 'split', relu: false }, outputs);
    } else {
      this.dense({ inputs, outputs, weights: this.sideBySide(layer) });
      this.beginStage({ kind: 'aggregate' }, outputs);
      if (bias !== undefined) this.shift(bias);
    }
  }

  private beginStage(graph: GraphStep, columns: number): void {
    if (this.graph !== undefined || this.rows.length > 0) {
      this.done.push({ graph: this.graph, rows: this.rows, widths: this.widths });
    }
    this.graph = graph;
    this.rows = [];
    this.columns = columns;
    this.widths = [columns];
  }

  private row(step: RowStep): void {
    this.rows.push(step);
    this.widths.push(this.columns);
  }

  private dense(spec: DenseSpec): void {
    this.columns = spec.outputs;
    this.row({ kind: 'dense', spec });
  }

  private shift(shift: Float32Array): void {
    this.row({ kind: 'scale-shift', scale: new Float32Array(shift.length).fill(1), shift });
  }

  /** Right behind a dense step it is done by the engine, and a relu right behind a sum as that is made. */
  private activation(step: { kind: 'relu' } | { kind: 'prelu'; slopes: Float32Array }): void {
    const last = this.rows.at(-1);
    if (last === undefined && this.graph?.kind === 'split' && !this.graph.relu && step.kind === 'relu') {
      this.graph = { kind: 'split', relu: true };
      return;
    }
    if (last?.kind !== 'dense' || last.spec.activation !== undefined) return this.row(step);
    const slopes = step.kind === 'prelu' ? step.slopes : undefined;
    this.rows[this.rows.length - 1] = { kind: 'dense', spec: { ...last.spec, activation: step.kind, slopes } };
  }

  private bias(layer: GraphConvolution | Linear): Float32Array | undefined {
    return layer.bias ? this.values(`${layer.name}.bias`) : undefined;
  }

  /** (inputs x 2 outputs) [W1, W2] of W = [W1; W2]; a copy of W for a convolution that does not concatenate. */
  private sideBySide({ name, inputs, outputs, aggregate }: GraphConvolution): Float32Array {
    const weights = this.values(`${name}.weight`);
    if (aggregate === 'replace') return weights.slice();
    const result = new Float32Array(weights.length);
    for (let i = 0; i < inputs; i++) {
      result.set(weights.subarray(i * outputs, (i + 1) * outputs), 2 * i * outputs);
      result.set(weights.subarray((inputs + i) * outputs, (inputs + i + 1) * outputs), (2 * i + 1) * outputs);
    }
    return result;
  }

  private transposed({ name, inputs, outputs }: Linear): DenseSpec {
    const weights = this.values(`${name}.weight`);
    const turned = new Float32Array(weights.length);
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) turned[i * outputs + o] = weights[o * inputs + i];
    }
    return { inputs, outputs, weights: turned };
  }

  private scaleAndShift(name: string, channels: number, epsilon: number) {
    const mean = this.values(`${name}.running_mean`);
    const variance = this.values(`${name}.running_var`);
    const scale = new Float32Array(channels);
    const shift = new Float32Array(channels);
    const [weight, bias] = [this.weights.get(`${name}.weight`)?.values, this.weights.get(`${name}.bias`)?.values];
    for (let c = 0; c < channels; c++) {
      scale[c] = (weight?.[c] ?? 1) / Math.sqrt(variance[c] + epsilon);
      shift[c] = (bias?.[c] ?? 0) - mean[c] * scale[c];
    }
    return { scale, shift };
  }

  private values(name: string): Float32Array {
    const found = this.weights.get(name);
    if (found === undefined) throw new RangeError(`no weights ${name}: they were not checked`);
    return found.values;
  }
}
