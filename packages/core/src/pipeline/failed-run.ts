import { L2cError, type Problem } from '../errors.js';
import type { PipelineSummary } from './summary.js';

/** A pipeline that did not reach its end, as a row of the comparison. */
export interface FailedPipeline {
  readonly pipeline: string;
  readonly failure: readonly Problem[];
  /** Absolute folder that its results would have gone to. */
  readonly output: string;
}

/** What became of a pipeline of a run. */
export type Outcome = PipelineSummary | FailedPipeline;

export const hasFailed = (outcome: Outcome): outcome is FailedPipeline => 'failure' in outcome;

/**
 * Some pipelines of a run failed. The others ran to their end, and their results and the comparison are written: `outcomes`
 * holds a row for each pipeline, in their order. The cause is that of a stage that failed, or an AggregateError of several.
 */
export class FailedRun extends L2cError {
  constructor(
    readonly outcomes: readonly Outcome[],
    errors: readonly L2cError[],
  ) {
    const causes = errors.flatMap((error) => causesOf(error));
    super(
      errors.flatMap(({ problems }) => problems),
      { ran: true, cause: causes.length > 1 ? new AggregateError(causes) : causes[0] },
    );
    this.name = 'FailedRun';
  }
}

/** The errors that made stages fail, for whoever mends them; none where all problems are the user's. */
export function causesOf({ code, cause }: L2cError): readonly Error[] {
  if (cause instanceof AggregateError) return cause.errors as Error[];
  return code === 'E_STAGE' && cause instanceof Error ? [cause] : [];
}
