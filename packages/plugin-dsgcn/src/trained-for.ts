import type { Tensor, Weights } from '@l2c/core';
import { pools, type GcnDShape } from './gcn-d-model.js';

/** What a proposal P is scored by against its majority identity G: iou is |P and G| / |P or G|, iop is |P and G| / |P|. */
export const targets = ['iou', 'iop'] as const;
export type Target = (typeof targets)[number];

/** What the shapes of weights don't tell of their training. */
export interface TrainedFor {
  readonly target: Target;
  readonly pool: GcnDShape['pool'];
}

/** Tensors of one value among the weights say so, by these names: the place in the list. Weights of other makers don't have them. */
const marks: { readonly [Name in keyof TrainedFor]: readonly TrainedFor[Name][] } = { target: targets, pool: pools };

/** What weights were trained for, as far as they tell. */
export function trainedFor(weights: Weights): Partial<TrainedFor> {
  const told = Object.entries(marks).map(
    ([name, values]) => [name, values[weights.get(name)?.values[0] ?? -1]] as const,
  );
  return Object.fromEntries(told.filter(([, value]) => value !== undefined));
}

/** The same weights, marked with what they were trained for. */
export function withMarks(weights: Weights, { target, pool }: TrainedFor): Map<string, Tensor> {
  const mark = (place: number): Tensor => ({ shape: [], values: Float32Array.of(place) });
  return new Map(weights).set('target', mark(targets.indexOf(target))).set('pool', mark(pools.indexOf(pool)));
}

/** The weights of the model alone. */
export function withoutMarks(weights: Weights): Map<string, Tensor> {
  return new Map([...weights].filter(([name]) => !(name in marks)));
}
