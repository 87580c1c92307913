import { setImmediate } from 'node:timers/promises';
import { problem } from '../errors.js';
import type { Tensor } from '../stages/interfaces.js';
import type { Services } from '../stages/services.js';
import type { Model } from './layers.js';
import type { Loss } from './losses.js';
import { adam, sgd, steppedRate, type Optimizer, type OptimizerState } from './optimizers.js';
import { initialWeights, type Weights } from './parameters.js';
import { encodeState, readState, type TrainingState } from './training-state.js';
import { Trainer, type TrainingBatch } from './trainer.js';

export interface FitOptions {
  readonly optimizer: 'sgd' | 'adam';
  readonly epochs: number;
  readonly learningRate: number;
  /** Of sgd. */
  readonly momentum: number;
  readonly weightDecay: number;
  /** Epochs, counted from 0, from which on the learning rate is a tenth of what it was. */
  readonly milestones: readonly number[];
  /** Epochs without a lower held-out loss after which training stops; 0 = never. */
  readonly patience: number;
  /** Of the first weights, and of dropout. */
  readonly seed: number;
}

/** What is learned from what. */
export interface FitTask {
  readonly model: Model;
  readonly loss: Loss;
  /**
   * The steps of an epoch, in their order. Must be the same for the same epoch, also in a process that resumes; where the
   * very same objects come each epoch, say so by `sameEachEpoch`, and their tensors are kept.
   */
  batches(epoch: number): Iterable<TrainingBatch>;
  readonly sameEachEpoch: boolean;
  /** Where training starts; drawn by the seed where absent. */
  readonly initial?: Weights | undefined;
  /** Names the data: a checkpoint of other data or options is not gone on with. */
  readonly fingerprint: string;
}

export interface FitResult {
  /** Of the best epoch by held-out loss where rows are held out, else of the last one. */
  readonly weights: Map<string, Tensor>;
  /** JSON for the record of the training. */
  readonly record: {
    readonly backend: string;
    readonly epochs: number;
    readonly bestEpoch: number | null;
    readonly stoppedEarly: boolean;
    readonly resumedAt: number;
    /** Of each step, before it. */
    readonly losses: readonly number[];
    /** Of each epoch; empty without held-out rows. */
    readonly heldOutLosses: readonly number[];
    /** Of each epoch. */
    readonly learningRates: readonly number[];
  };
}

/** A checkpoint is written after each epoch, but not more often than this. */
const checkpointSeconds = 1;

/**
 * Trains a model: each batch of an epoch is a step. The state goes to a checkpoint after each epoch (of short epochs, once
 * a second) and when stopped; a later call with the same task and options goes on from there with the same losses.
 *
 * @throws L2cError E_STAGE where the loss is not finite, E_ENGINE where TensorFlow.js does not load
 */
export async function fit(task: FitTask, options: FitOptions, services: Services): Promise<FitResult> {
  const { model } = task;
  const { checkpoints, log } = services;
  const file = `${model.name}.training.safetensors`;
  const job = JSON.stringify([task.fingerprint, model, options]);
  const initial = task.initial ?? initialWeights(model, services.random(options.seed));
  const resumed = await readState(checkpoints, file, job);
  if (resumed !== undefined) log.info(`${model.name}: goes on after epoch ${resumed.epoch} of ${options.epochs}`);
  const trainer = await Trainer.open(model, resumed?.weights ?? initial, task.loss, {
    keep: task.sameEachEpoch,
    compute: services.compute,
  });
  try {
    const run = new Run(task, options, services, trainer, resumed);
    let saved = performance.now();
    const save = async (): Promise<void> => checkpoints.write(file, encodeState(run.state(), job));
    while (!run.isDone) {
      if (services.signal.aborted) {
        await save();
        services.signal.throwIfAborted();
      }
      await run.epoch();
      services.progress.update(run.epochsDone, options.epochs, 'epochs');
      if (!run.isDone && performance.now() - saved < 1000 * checkpointSeconds) continue;
      await save();
      saved = performance.now();
    }
    return run.result(resumed?.epoch ?? 0);
  } finally {
    trainer.dispose();
  }
}

/** The epochs of one training, and what comes of them. */
class Run {
  epochsDone: number;
  private readonly optimizer: Optimizer;
  private readonly states: Map<string, OptimizerState>;
  private readonly weights: Map<string, Tensor>;
  private readonly losses: number[];
  private readonly heldOut: number[];
  private best: TrainingState['best'];

  constructor(
    private readonly task: FitTask,
    private readonly options: FitOptions,
    private readonly services: Services,
    private readonly trainer: Trainer,
    resumed: TrainingState | undefined,
  ) {
    this.optimizer = options.optimizer === 'adam' ? adam(options) : sgd(options);
    this.epochsDone = resumed?.epoch ?? 0;
    this.weights = trainer.weights();
    this.states = new Map(resumed?.optimizer);
    this.losses = [...(resumed?.losses ?? [])];
    this.heldOut = [...(resumed?.heldOut ?? [])];
    this.best = resumed?.best;
  }

  get isDone(): boolean {
    return this.epochsDone >= this.options.epochs || this.isStale;
  }

  async epoch(): Promise<void> {
    const { task, options, services, trainer } = this;
    const epoch = this.epochsDone;
    const rate = this.rateOf(epoch);
    const before = this.losses.length;
    let heldOut = 0;
    let validated = 0;
    const weightsBefore = this.copyIfValidated();
    let step = 0;
    for (const batch of task.batches(epoch)) {
      services.signal.throwIfAborted();
      const random = services.random(options.seed + 0x9e3779b1 * (this.losses.length + 1));
      const { loss, heldOutLoss, gradients } = trainer.gradients(batch, { random });
      if (!Number.isFinite(loss)) throw this.diverged(epoch);
      this.losses.push(loss);
      if (heldOutLoss !== undefined) {
        heldOut += heldOutLoss;
        validated++;
      }
      for (const [name, gradient] of gradients) this.move(name, gradient, rate);
      step++;
      await setImmediate(); // lets the caller's signal in
    }
    if (step === 0) throw new RangeError(`${task.model.name}: an epoch without batches`);
    if (validated > 0) this.judge(Math.fround(heldOut / validated), epoch, weightsBefore);
    this.epochsDone++;
    this.tell(epoch, rate, before);
  }

  state(): TrainingState {
    const { epochsDone, states, losses, heldOut, best } = this;
    return { epoch: epochsDone, weights: this.trainer.weights(), optimizer: states, losses, heldOut, best };
  }

  result(resumedAt: number): FitResult {
    const { best, losses, heldOut, epochsDone, trainer, options } = this;
    return {
      weights: best === undefined ? trainer.weights() : new Map(best.weights),
      record: {
        backend: trainer.backend,
        epochs: epochsDone,
        bestEpoch: best?.epoch ?? null,
        stoppedEarly: epochsDone < options.epochs,
        resumedAt,
        losses,
        heldOutLosses: heldOut,
        learningRates: Array.from({ length: epochsDone }, (_, epoch) => this.rateOf(epoch)),
      },
    };
  }

  private get isStale(): boolean {
    const { patience } = this.options;
    return patience > 0 && this.best !== undefined && this.epochsDone - 1 - this.best.epoch >= patience;
  }

  private rateOf(epoch: number): number {
    return steppedRate(this.options.learningRate, 0.1, this.options.milestones, epoch);
  }

  private move(name: string, gradient: Float32Array, rate: number): void {
    const { values } = this.weights.get(name)!;
    let state = this.states.get(name);
    if (state === undefined) this.states.set(name, (state = this.optimizer.start(values.length)));
    this.optimizer.step(values, gradient, state, rate);
    this.trainer.assign(name, values);
  }

  /** The held-out loss of an epoch is that of the weights before its first step. */
  private copyIfValidated(): Map<string, Tensor> | undefined {
    return this.options.patience > 0 ? this.trainer.weights() : undefined;
  }

  private judge(loss: number, epoch: number, weights: Map<string, Tensor> | undefined): void {
    const isBest = this.heldOut.every((earlier) => loss < earlier);
    this.heldOut.push(loss);
    if (isBest && weights !== undefined) this.best = { epoch, weights };
  }

  private tell(epoch: number, rate: number, before: number): void {
    const { log } = this.services;
    const losses = this.losses.slice(before);
    const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
    const heldOut = this.heldOut.length === 0 ? '' : `, held out ${this.heldOut.at(-1)!.toPrecision(6)}`;
    const line = `${this.task.model.name}: epoch ${epoch + 1}, rate ${rate}, loss ${loss.toPrecision(6)}${heldOut}`;
    // a line for each of the first epochs, then ever fewer
    const last = this.epochsDone === this.options.epochs;
    const every = 10 ** Math.max(0, Math.floor(Math.log10(epoch + 1)) - 1);
    if (last || (epoch + 1) % every === 0) log.info(line);
    else log.debug(line);
  }

  private diverged(epoch: number) {
    return problem(
      'E_STAGE',
      this.task.model.name,
      `the loss is no number any more in epoch ${epoch + 1}: training has diverged`,
      'lower learningRate, or look for extreme values in the features',
    );
  }
}
