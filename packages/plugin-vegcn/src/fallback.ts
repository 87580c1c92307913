import type { OptionProblem, Tensor, Weights } from '@l2c/core';

/** What a model gives way to where it shows no gain. */
export const fallbacks = ['none', 'raw'] as const;
export type Fallback = (typeof fallbacks)[number];

/** The schema of the option, but for its description: what is raw differs. */
export const fallbackProperty = { type: 'string', enum: [...fallbacks], default: 'none' } as const;

/** Without identities held out there is nothing to judge by. */
export function* fallbackTrainingFaults(options: { fallback: Fallback; validation: number }): Iterable<OptionProblem> {
  if (options.fallback === 'none' || options.validation > 0) return;
  const fact = 'fallback: raw is judged on identities held out, and none are';
  yield { option: 'validation', fact, wayOut: 'set it to their share, for example 0.2' };
}

/** A tensor among the weights says that they are not to be used, and with which number the raw value is made instead. */
const flagName = 'fallback.raw';

/** The number of weights that gave way, undefined where they are in use. */
export function fallbackOf(weights: Weights): number | undefined {
  return weights.get(flagName)?.values[0];
}

/** What is wrong with the mark of weights that gave way: the number is a distance of cosines, 0 to 2. */
export function fallbackFaults(weights: Weights): OptionProblem[] {
  const values = weights.get(flagName)?.values;
  if (values === undefined || (values.length === 1 && values[0] >= 0 && values[0] <= 2)) return [];
  const given = values.length === 1 ? `is ${values[0]}` : `holds ${values.length} numbers`;
  const fact = `${flagName} ${given} where a single distance from 0 to 2 is meant`;
  return [{ option: 'weights', fact, wayOut: 'copy the file again, or train the weights again' }];
}

/** The weights of the model alone. */
export function modelWeights(weights: Weights): Map<string, Tensor> {
  const rest = new Map(weights);
  rest.delete(flagName);
  return rest;
}

/** The same weights, marked as given way. */
export function givenWay(weights: Weights, number: number): Map<string, Tensor> {
  return new Map(weights).set(flagName, { shape: [], values: Float32Array.of(number) });
}
