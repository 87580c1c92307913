import { readWeights } from '../formats/weights.js';
import type { OptionProblem } from '../stages/define-stage.js';
import type { Model } from './layers.js';
import { assertWeights, weightProblems, type Weights } from './parameters.js';

const asTheyAre = (weights: Weights): Weights => weights;

/** Weights of a file, read when they are first asked for. `own` takes off what is no weight of the model. */
export class WeightsFile {
  private read: Promise<Weights> | undefined;

  constructor(
    private readonly path: string,
    private readonly own = asTheyAre,
  ) {}

  async weights(): Promise<Weights> {
    return this.own(await (this.read ??= readWeights(this.path)));
  }

  /** Reads the file again when it is asked for next. */
  forget(): void {
    this.read = undefined;
  }
}

/**
 * The weights that a training starts from; undefined where no path is given, and they are drawn.
 *
 * @throws L2cError E_WEIGHTS where they are not those of the model
 */
export async function startingWeights(model: Model, path: string, own = asTheyAre): Promise<Weights | undefined> {
  if (path === '') return undefined;
  const weights = own(await readWeights(path));
  assertWeights(model, weights, path);
  return weights;
}

/** {@link weightProblems} as problems of the option that names the file of the weights. */
export function weightFaults(model: Model, weights: Weights, option = 'weights'): OptionProblem[] {
  return weightProblems(model, weights, '').map(({ place, fact, wayOut }) => ({
    option,
    fact: `${place} ${fact}`,
    wayOut,
  }));
}
