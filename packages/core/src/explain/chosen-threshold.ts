import { thresholdOf } from '../pipeline/giant-cluster.js';
import type { PipelinePlan } from '../pipeline/plan.js';
import type { StageReport } from '../pipeline/run.js';
import { isThresholdFact } from '../stages/threshold-option.js';

/** The option that decides how easily clusters join, given or chosen. */
export interface ThresholdData {
  readonly option: string;
  readonly value: number;
}

/** That of the deoverlapper; undefined where it has none. */
export function chosenThreshold({ rounds }: PipelinePlan, stages: readonly StageReport[]): ThresholdData | undefined {
  const stage = rounds[rounds.length - 1].deoverlapper!;
  const option = thresholdOf(stage);
  if (option === undefined) return undefined;
  const [given, fact] = [stage.options[option], stages[stages.length - 1].facts[option]];
  const value = typeof given === 'number' ? given : isThresholdFact(fact) ? fact.chosen : undefined;
  return value === undefined ? undefined : { option, value };
}
