import { L2cError, type Problem } from '../errors.js';
import type { Tensor } from '../stages/interfaces.js';
import type { Random } from '../stages/services.js';
import { outputsOfModel, type Layer, type Model } from './layers.js';

export type Weights = ReadonlyMap<string, Tensor>;

/** A tensor that a layer reads. */
export interface Parameter {
  /** As in the files of weights: `conv1.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** `learned` by gradients, `running` statistics of batch norm, or an `ignored` counter that files may hold. */
  readonly role: 'learned' | 'running' | 'ignored';
  /** Draws the values that training starts from. */
  readonly initial: (random: Random) => number;
}

/** The tensors of a model, in the order of its layers. */
export function parametersOf(model: Model): Parameter[] {
  outputsOfModel(model);
  return model.layers.flatMap((layer) => parametersOfLayer(layer));
}

/** Convolutions start from Glorot's uniform range, linear layers from +-1 / sqrt(inputs), slopes from 0.25. */
function parametersOfLayer(layer: Layer): Parameter[] {
  switch (layer.type) {
    case 'graph-convolution': {
      const rows = layer.aggregate === 'concat' ? 2 * layer.inputs : layer.inputs;
      const range = Math.sqrt(6 / (rows + layer.outputs));
      return [
        learned(`${layer.name}.weight`, [rows, layer.outputs], uniform(range)),
        ...(layer.bias ? [learned(`${layer.name}.bias`, [layer.outputs], constant(0))] : []),
      ];
    }
    case 'linear': {
      const range = 1 / Math.sqrt(layer.inputs);
      return [
        learned(`${layer.name}.weight`, [layer.outputs, layer.inputs], uniform(range)),
        ...(layer.bias ? [learned(`${layer.name}.bias`, [layer.outputs], uniform(range))] : []),
      ];
    }
    case 'prelu':
      return [learned(`${layer.name}.weight`, [layer.channels], constant(0.25))];
    case 'batch-norm': {
      const { name, channels } = layer;
      const affine = [
        learned(`${name}.weight`, [channels], constant(1)),
        learned(`${name}.bias`, [channels], constant(0)),
      ];
      return [
        ...(layer.affine ? affine : []),
        { name: `${name}.running_mean`, shape: [channels], role: 'running', initial: constant(0) },
        { name: `${name}.running_var`, shape: [channels], role: 'running', initial: constant(1) },
        { name: `${name}.num_batches_tracked`, shape: [], role: 'ignored', initial: constant(0) },
      ];
    }
    default:
      return [];
  }
}

/** Fresh weights, drawn tensor by tensor in the order of the layers. */
export function initialWeights(model: Model, random: Random): Map<string, Tensor> {
  const weights = new Map<string, Tensor>();
  for (const { name, shape, role, initial } of parametersOf(model)) {
    if (role === 'ignored') continue;
    weights.set(name, { shape, values: new Float32Array(sizeOf(shape)).map(() => initial(random)) });
  }
  return weights;
}

/** What keeps weights from being those of a model: absent tensors, other shapes, negative variances, tensors of other models. All of it. */
export function weightProblems(model: Model, weights: Weights, place: string): Problem[] {
  const parameters = parametersOf(model);
  const problems: Problem[] = [];
  const report = (name: string, fact: string, wayOut: string): void =>
    void problems.push({ code: 'E_WEIGHTS', place: place === '' ? name : `${place} ${name}`, fact, wayOut });
  for (const { name, shape, role } of parameters) {
    const found = weights.get(name);
    if (role === 'ignored') continue;
    if (found === undefined) {
      report(name, `is missing: ${model.name} needs it as ${sizes(shape)}`, `name a file of ${model.name}`);
    } else if (!sameShape(shape, found)) {
      report(
        name,
        `is ${sizes(found.shape)} where ${model.name} on ${model.inputs} dimensions needs ${sizes(shape)}`,
        'name weights trained on such features, or train them again',
      );
    } else if (name.endsWith('.running_var') && found.values.some((variance) => variance < 0)) {
      report(name, 'holds a negative variance', 'no training gives one: copy or convert the file again');
    }
  }
  const known = new Set(parameters.map(({ name }) => name));
  for (const [name, { shape }] of weights) {
    if (!known.has(name)) report(name, `${sizes(shape)} is no weight of ${model.name}`, `name a file of ${model.name}`);
  }
  return problems;
}

/** @throws L2cError E_WEIGHTS with every tensor that does not fit, see {@link weightProblems} */
export function assertWeights(model: Model, weights: Weights, place: string): void {
  const problems = weightProblems(model, weights, place);
  if (problems.length > 0) throw new L2cError(problems);
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function sameShape(wanted: readonly number[], { shape, values }: Tensor): boolean {
  return (
    shape.length === wanted.length &&
    shape.every((size, axis) => size === wanted[axis]) &&
    values.length === sizeOf(wanted)
  );
}

function sizes(shape: readonly number[]): string {
  return shape.length === 0 ? 'a single number' : shape.join(' x ');
}

function learned(name: string, shape: readonly number[], initial: Parameter['initial']): Parameter {
  return { name, shape, role: 'learned', initial };
}

const constant = (value: number) => (): number => value;
const uniform =
  (range: number) =>
  (random: Random): number =>
    range * (2 * random.next() - 1);
