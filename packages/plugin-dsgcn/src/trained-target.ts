import type { Tensor, Weights } from '@l2c/core';

/** What a proposal P is scored by against its majority identity G: iou is |P and G| / |P or G|, iop is |P and G| / |P|. */
export const targets = ['iou', 'iop'] as const;
export type Target = (typeof targets)[number];

/** A tensor among the weights says what they were trained for. Weights of other makers don't have it. */
const targetName = 'target';

/** What weights were trained for, undefined where they don't tell. */
export function targetOf(weights: Weights): Target | undefined {
  return targets[weights.get(targetName)?.values[0] ?? -1];
}

/** The same weights, marked with what they were trained for. */
export function withTarget(weights: Weights, target: Target): Map<string, Tensor> {
  return new Map(weights).set(targetName, { shape: [], values: Float32Array.of(targets.indexOf(target)) });
}

/** The weights of the model alone. */
export function withoutTarget(weights: Weights): Map<string, Tensor> {
  const rest = new Map(weights);
  rest.delete(targetName);
  return rest;
}
