import { readWeights, weightFaults, type Model, type OptionProblem, type Weights } from '@l2c/core';
import { targetOf, withoutTarget, type Target } from './trained-target.js';

/**
 * What keeps the weights of a file from running on features of `dim` dimensions; of an embedding that is not there yet (undefined),
 * whether they fit each other. And what they were trained for, where they tell and that is not `target`.
 */
export async function fileFaults(
  option: string,
  file: string,
  modelOf: (weights: Weights) => Model,
  target?: Target,
): Promise<OptionProblem[]> {
  const all = await readWeights(file);
  const weights = withoutTarget(all);
  const faults = weightFaults(modelOf(weights), weights, option);
  const trained = targetOf(all);
  if (target !== undefined && trained !== undefined && trained !== target) {
    const fact = `the weights were trained for ${trained}, not ${target}`;
    faults.push({ option, fact, wayOut: `name weights of ${target}, or train them again` });
  }
  return faults;
}
