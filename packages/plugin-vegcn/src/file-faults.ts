import { readWeights, weightFaults, type Model, type OptionProblem, type Weights } from '@l2c/core';
import { fallbackFaults, modelWeights } from './fallback.js';

/**
 * What keeps the weights of a file from running on features of `dim` dimensions. Where these are an embedding that is not there
 * yet (`dim` undefined), whether the weights fit each other.
 */
export async function fileFaults(
  file: string,
  modelOf: (weights: Weights, dim: number) => Model,
  dim: number | undefined,
): Promise<OptionProblem[]> {
  const all = await readWeights(file);
  const weights = modelWeights(all);
  const own = (weights.get('conv1.weight')?.shape[0] ?? 0) / 2;
  return [...fallbackFaults(all), ...weightFaults(modelOf(weights, dim ?? own), weights)];
}
