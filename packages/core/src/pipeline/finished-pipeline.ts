import type { PipelinePlan } from './plan.js';
import type { PipelineResult, RoundState } from './run.js';
import type { Session } from './session.js';
import type { PipelineSummary } from './summary.js';

/** A pipeline that has run, with all it held at the end: for what is made of results, such as the report. */
export interface FinishedPipeline {
  readonly session: Session;
  readonly pipeline: PipelinePlan;
  readonly result: PipelineResult;
  readonly summary: PipelineSummary;
  /** Of the last round. */
  readonly state: RoundState;
}
