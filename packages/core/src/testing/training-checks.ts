import type { StageDefinition } from '../stages/define-stage.js';
import { isTrainable, type Scorer, type TrainingExample, type TrainingResult } from '../stages/interfaces.js';
import type { AnyStage } from './run-stage.js';
import { differences, snapshot } from './snapshot.js';
import type { StageInput } from './stage-input.js';
import { tensorCount } from './tensors.js';

/** What is wrong with the training of a scorer: its weights, its record, what it writes to, what it leaves behind. */
export async function trainingProblems(
  definition: StageDefinition,
  build: () => AnyStage,
  inputs: readonly StageInput[],
): Promise<string[]> {
  const examples = inputs.map(exampleOf);
  const before = snapshot(examples);
  const first = await train(build(), examples);
  const tensors = tensorCount();
  const second = await train(build(), examples);
  const problems = [...weightProblems(first), ...recordProblems(first)];
  const changed = differences(snapshot(first.weights), snapshot(second.weights));
  problems.push(...changed.map((path) => `weight ${path} differs between two trainings of ${definition.type}`));
  problems.push(...differences(before, snapshot(examples)).map((path) => `training writes to example ${path}`));
  const left = (tensorCount() ?? 0) - (tensors ?? tensorCount() ?? 0);
  return left === 0 ? problems : [...problems, `training leaves ${left} tensors behind`];
}

/** What training gets of an input. */
export function exampleOf({ features, knn, truth, proposals, scores }: StageInput): TrainingExample {
  return { proposals, context: { features, knn, truth }, previousScores: scores };
}

export async function train(stage: AnyStage, examples: readonly TrainingExample[]): Promise<TrainingResult> {
  const scorer = stage as Scorer;
  if (!isTrainable(scorer)) throw new RangeError('a trainable scorer has a method train');
  return scorer.train(examples);
}

function weightProblems({ weights }: TrainingResult): string[] {
  if (weights.size === 0) return ['training gives no weights'];
  return [...weights].flatMap(([name, { shape, values }]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    if (values.length !== size) return [`weight ${name}: ${values.length} values for shape [${shape.join(', ')}]`];
    return values.every((value) => Number.isFinite(value)) ? [] : [`weight ${name} holds a value that is not finite`];
  });
}

/** The record is written as JSON: what JSON can't say (NaN, functions, maps) would be lost. */
function recordProblems({ record }: TrainingResult): string[] {
  const read: unknown = JSON.parse(JSON.stringify(record));
  return differences(snapshot(record), snapshot(read)).map((path) => `record ${path} can't be written as JSON`);
}
