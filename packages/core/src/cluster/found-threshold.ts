import type { PipelineSummary } from '../pipeline/summary.js';
import { isThresholdFact } from '../stages/threshold-option.js';

/** The threshold that was found, and how sure it is. */
export interface FoundThreshold {
  readonly chosen: number;
  readonly stability: number;
  readonly plateau: readonly number[];
  readonly doubt: string | undefined;
}

/** Fewer faces say next to nothing of a threshold or of what came of it: strangers, too, stay joined or apart over long stretches. */
export const fewFaces = 20;

interface ThresholdFacts {
  readonly kind: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What the stage that chose a threshold recorded of it; undefined where there was no link to cut, as among copies of one face. */
export function thresholdOf({
  stages,
  instances,
}: Pick<PipelineSummary, 'instances'> & { readonly stages: readonly ThresholdFacts[] }): FoundThreshold | undefined {
  const fact = stages.find(({ kind }) => kind === 'deoverlapper')?.facts['threshold'];
  if (!isThresholdFact(fact) || fact.curve.length === 0) return undefined;
  const { chosen, stability, plateau, doubt } = fact;
  const few = `of ${instances} faces the stability says next to nothing: look at the clusters, or set a threshold that is known to suit your network`;
  return { chosen, stability, plateau, doubt: instances < fewFaces ? few : doubt };
}
