import type { NamedTensorMap, Tensor, Tensor2D, Variable } from '@tensorflow/tfjs';
import { loadTfjs, type LoadedTfjs, type Tfjs } from '../compute/tfjs.js';
import type { Compute, Device, MatrixProduct } from '../compute/compute.js';
import { withProducts } from '../compute/tfjs-patches.js';
import { firstLine, installHints } from '../compute/create-compute.js';
import { problem } from '../errors.js';
import type { Tensor as Weight } from '../stages/interfaces.js';
import type { Random } from '../stages/services.js';
import { Aggregator } from './aggregator.js';
import type { GraphBatch, RowSource } from './graph-batch.js';
import type { BatchNorm, Model } from './layers.js';
import { meanLoss, type Loss } from './losses.js';
import { parametersOf, type Weights } from './parameters.js';
import { PropagatedBatch } from './propagated-batch.js';
import { tensorForward } from './tensor-layers.js';

/** What one step of training looks at. */
export interface TrainingBatch {
  readonly source: RowSource;
  readonly graph: GraphBatch;
  /** (output rows) what the model should say; classes for `nll`. */
  readonly targets: Float32Array;
  /** (output rows) how much each row counts; 0 = not at all. */
  readonly weights: Float32Array;
  /** (output rows) the same for the rows that are held out to validate. */
  readonly heldOut?: Float32Array | undefined;
}

export interface Gradients {
  readonly loss: number;
  /** Loss of the held-out rows, before the step. */
  readonly heldOutLoss: number | undefined;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

/** Dropout of one step. */
export interface Dropped {
  readonly random?: Random | undefined;
  /** See {@link TensorPass.masks}. */
  readonly masks?: ReadonlyMap<number, Float32Array> | undefined;
}

/**
 * Losses and gradients of a model by TensorFlow.js. Holds the weights as variables; a batch that comes again (the same
 * object) keeps its tensors. Dispose of it after use.
 */
export class Trainer {
  private readonly tf: Tfjs;
  private readonly aggregator: Aggregator;
  private readonly prepared = new Map<TrainingBatch, PropagatedBatch>();
  private readonly variables: ReadonlyMap<string, Variable>;
  private readonly multiply: MatrixProduct | undefined;

  private constructor(
    private readonly model: Model,
    private readonly loss: Loss,
    private readonly keep: boolean,
    compute: Compute | undefined,
    loaded: LoadedTfjs,
    weights: Weights,
  ) {
    this.tf = loaded.tf;
    this.aggregator = new Aggregator(compute?.threads);
    const given = loaded.backend === 'wasm' ? compute?.multiply : undefined;
    this.multiply = given;
    this.backend =
      given === undefined ? loaded.backend : `${loaded.backend}, large products by ${compute!.description}`;
    const roles = parametersOf(model).filter(({ role }) => role !== 'ignored');
    this.variables = new Map(
      roles.map(({ name, shape, role }) => {
        const values = this.tf.tensor(weights.get(name)!.values.slice(), [...shape]);
        const variable = this.tf.variable(values, role === 'learned');
        values.dispose();
        return [name, variable];
      }),
    );
  }

  /** What really computes: `wasm`, `wasm, large products by ONNX Runtime 1.30.0 on cpu`. */
  readonly backend: string;

  /**
   * @param keep whether batches come again each epoch, so that their tensors are worth keeping
   * @param compute does the large products where TensorFlow.js has its wasm backend alone, if it can
   * @throws L2cError E_ENGINE where TensorFlow.js does not load
   */
  static async open(
    model: Model,
    weights: Weights,
    loss: Loss,
    { keep = false, device = 'auto', compute }: { keep?: boolean; device?: 'auto' | Device; compute?: Compute } = {},
  ): Promise<Trainer> {
    let loaded: LoadedTfjs;
    try {
      loaded = await loadTfjs(device);
    } catch (cause) {
      const fact = `training needs TensorFlow.js, which does not load: ${firstLine(cause)}`;
      throw problem('E_ENGINE', model.name, fact, installHints.tfjs, cause);
    }
    return new Trainer(model, loss, keep, compute, loaded, weights);
  }

  /** The loss of a batch and its gradients, without weight decay. Running statistics of batch norms move. */
  gradients(batch: TrainingBatch, dropped: Dropped = {}): Gradients {
    const { tf, model, loss } = this;
    const prepared = this.prepare(batch);
    const moved: { layer: BatchNorm; mean: Tensor; variance: Tensor; rows: number }[] = [];
    let heldOut: Tensor | undefined;
    const learned = [...this.variables.values()].filter(({ trainable }) => trainable);
    const { value, grads } = withProducts(this.multiply, () =>
      tf.variableGrads(() => {
        const predicted = tensorForward(model, {
          tf,
          variables: this.variables,
          batch: prepared,
          ...dropped,
          statistics: (layer, mean, variance, rows) =>
            void moved.push({ layer, mean: tf.keep(mean.clone()), variance: tf.keep(variance.clone()), rows }),
        });
        if (batch.heldOut?.some((weight) => weight > 0) === true) {
          heldOut = tf.keep(meanLoss(tf, loss, predicted, batch.targets, batch.heldOut));
        }
        return meanLoss(tf, loss, predicted, batch.targets, batch.weights);
      }, learned),
    );
    for (const { layer, mean, variance, rows } of moved) this.moveStatistics(layer, mean, variance, rows);
    const result: Gradients = {
      loss: value.dataSync()[0],
      heldOutLoss: heldOut?.dataSync()[0],
      gradients: this.namedGradients(grads),
    };
    tf.dispose([value, grads, heldOut, ...moved.flatMap(({ mean, variance }) => [mean, variance])] as Tensor[]);
    if (!this.keep) this.forget(batch);
    return result;
  }

  /** The output in training mode, (rows x columns): batch norm by the batch, no dropout unless asked for. */
  predict(batch: Pick<TrainingBatch, 'source' | 'graph'>, dropped: Dropped = {}): Float32Array {
    const prepared = new PropagatedBatch(batch.graph, batch.source, this.aggregator);
    const values = this.tf.tidy(() =>
      tensorForward(this.model, { tf: this.tf, variables: this.variables, batch: prepared, ...dropped }).dataSync(),
    );
    prepared.dispose();
    return values as Float32Array;
  }

  /** Puts new values in place of the weights of this name. */
  assign(name: string, values: Float32Array): void {
    const variable = this.variables.get(name)!;
    const tensor = this.tf.tensor(values.slice(), variable.shape);
    variable.assign(tensor);
    tensor.dispose();
  }

  /** A copy of all weights, running statistics included. */
  weights(): Map<string, Weight> {
    return new Map(
      [...this.variables].map(([name, variable]) => [
        name,
        { shape: [...variable.shape], values: Float32Array.from(variable.dataSync()) },
      ]),
    );
  }

  dispose(): void {
    for (const prepared of this.prepared.values()) prepared.dispose();
    this.prepared.clear();
    for (const variable of this.variables.values()) variable.dispose();
    void this.aggregator.dispose();
  }

  private prepare(batch: TrainingBatch): PropagatedBatch {
    const found = this.prepared.get(batch);
    if (found !== undefined) return found;
    const made = new PropagatedBatch(batch.graph, batch.source, this.aggregator);
    this.prepared.set(batch, made);
    return made;
  }

  private forget(batch: TrainingBatch): void {
    this.prepared.get(batch)?.dispose();
    this.prepared.delete(batch);
  }

  private namedGradients(grads: NamedTensorMap): Map<string, Float32Array> {
    const result = new Map<string, Float32Array>();
    for (const [name, variable] of this.variables) {
      const gradient = grads[variable.name] as Tensor2D | undefined;
      if (gradient !== undefined) result.set(name, Float32Array.from(gradient.dataSync()));
    }
    return result;
  }

  private moveStatistics({ name, momentum }: BatchNorm, mean: Tensor, variance: Tensor, rows: number): void {
    const unbiased = rows > 1 ? rows / (rows - 1) : 1;
    for (const [part, batch, scale] of [
      ['running_mean', mean, 1],
      ['running_var', variance, unbiased],
    ] as const) {
      const running = this.variables.get(`${name}.${part}`)!.dataSync();
      const current = batch.dataSync();
      this.assign(
        `${name}.${part}`,
        Float32Array.from(running, (value, c) => (1 - momentum) * value + momentum * scale * current[c]),
      );
    }
  }
}
