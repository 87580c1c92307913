import { readWeights, weightFaults, type Model, type OptionProblem, type Weights } from '@l2c/core';
import { trainedFor, withoutMarks, type TrainedFor } from './trained-for.js';

/**
 * What keeps the weights of a file from running on features of `dim` dimensions; of an embedding that is not there yet (undefined),
 * whether they fit each other. And what they were trained for, where they tell and that is not `expected`.
 */
export async function fileFaults(
  option: string,
  file: string,
  modelOf: (weights: Weights) => Model,
  expected?: TrainedFor,
): Promise<OptionProblem[]> {
  const all = await readWeights(file);
  const weights = withoutMarks(all);
  const faults = weightFaults(modelOf(weights), weights, option);
  const trained = trainedFor(all);
  for (const name of ['target', 'pool'] as const) {
    const [told, wanted] = [trained[name], expected?.[name]];
    if (told === undefined || wanted === undefined || told === wanted) continue;
    const fact = `the weights were trained for ${name} ${told}, not ${wanted}`;
    faults.push({ option, fact, wayOut: `name weights of ${wanted}, or train them again` });
  }
  return faults;
}
