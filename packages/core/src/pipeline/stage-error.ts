import { isL2cError, L2cError, problem } from '../errors.js';
import type { StagePlan } from './plan.js';

/** Pipeline and stage as errors name them; `pipeline` is undefined where evaluators compare files. */
export function stagePlace(pipeline: string | undefined, { definition, fullName }: StagePlan): string {
  return `${pipeline === undefined ? '' : `pipeline ${pipeline}, `}${definition.kind} ${fullName}`;
}

/**
 * What went wrong inside a stage, with pipeline and stage named: problems of the user keep their codes, an aborted signal is
 * E_ABORTED, all else is a failure of the stage.
 */
export function stageError(pipeline: string | undefined, plan: StagePlan, cause: unknown): L2cError {
  const place = stagePlace(pipeline, plan);
  if (isL2cError(cause)) {
    if (cause.code === 'E_ABORTED') return cause;
    const problems = cause.problems.map((each) => ({
      ...each,
      place: each.place === '' ? place : `${place}, ${each.place}`,
    }));
    return new L2cError(problems, { cause: cause.cause, ran: true });
  }
  const { name, message } = cause as Error;
  if (name === 'AbortError')
    return problem('E_ABORTED', place, 'stopped', 'finished stages are kept: run again to go on', cause);
  return problem('E_STAGE', place, `failed: ${message}`, 'see the cause below; finished stages are kept', cause);
}
