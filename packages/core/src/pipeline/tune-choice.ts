import { L2cError, problem } from '../errors.js';
import type { IdentitySplit } from './identity-split.js';
import type { RunObserver } from './run.js';
import type { Session } from './session.js';
import { runTrials, type Trial } from './trials.js';
import type { Variant } from './tune-grid.js';
import { hasChoice, type TuneJob } from './tune-jobs.js';

/** One split: what was chosen on the one half, and what it gave on the other. */
export interface SplitOutcome {
  readonly choices: Variant['choices'];
  /** The metric on the half it was chosen on: the highest of the grid. Undefined where there was nothing to choose. */
  readonly best: number | undefined;
  /** On the other half: with the options chosen, and as the file has them; undefined where that failed. */
  readonly tuned: Trial | undefined;
  readonly written: Trial | undefined;
}

export interface Chosen {
  readonly variant: Variant;
  readonly best: number | undefined;
}

/** Chooses on the one half and judges on the other. */
export async function runSplit(
  session: Session,
  { tuning, testing }: IdentitySplit,
  jobs: readonly TuneJob[],
  metric: string,
  observer: RunObserver,
): Promise<SplitOutcome[]> {
  const chosen = await chooseOn(session, tuning, jobs, metric, observer);
  const judged = jobs.map(({ pipeline }, p): Variant[] => {
    const { variant } = chosen[p];
    return variant.pipeline === pipeline ? [variant] : [variant, { choices: {}, pipeline }];
  });
  const trials = await runTrials(
    session,
    testing,
    judged.flat().map(({ pipeline }) => pipeline),
    observer,
  );
  let next = 0;
  return jobs.map((job, p) => {
    const own = judged[p].map((variant) => finished(job, variant, trials[next++]));
    const { variant, best } = chosen[p];
    return { choices: variant.choices, best, tuned: own[0], written: own[own.length - 1] };
  });
}

/**
 * The best variant of each job on some rows. One that fails, or whose metric is not defined, is none to choose: an L2cError
 * E_STAGE names the pipeline where all are like that. What has no choice is not run.
 */
export async function chooseOn(
  session: Session,
  rows: Int32Array,
  jobs: readonly TuneJob[],
  metric: string,
  observer: RunObserver,
): Promise<Chosen[]> {
  const tried = jobs.map(({ variants }) => (hasChoice(variants[0]) ? variants : []));
  const trials = await runTrials(
    session,
    rows,
    tried.flat().map(({ pipeline }) => pipeline),
    observer,
  );
  let next = 0;
  return jobs.map((job, p) => {
    if (tried[p].length === 0) return { variant: job.variants[0], best: undefined };
    const own = trials.slice(next, (next += tried[p].length));
    const worth = own.map((trial, v) => finished(job, tried[p][v], trial)?.metrics[metric] ?? NaN);
    const best = Math.max(...worth.filter((value) => !Number.isNaN(value)));
    const first = worth.indexOf(best);
    if (first < 0) throw nothingToChoose(job.pipeline.name, metric, own);
    return { variant: tried[p][first], best };
  });
}

/** The trial, or undefined where it failed: once for each setting, the job keeps why. */
function finished({ failed }: TuneJob, { choices }: Variant, trial: Trial | L2cError): Trial | undefined {
  if (!(trial instanceof L2cError)) return trial;
  const name = JSON.stringify(choices);
  if (!failed.some((other) => JSON.stringify(other.choices) === name))
    failed.push({ choices, failure: trial.problems });
  return undefined;
}

function nothingToChoose(pipeline: string, metric: string, trials: readonly (Trial | L2cError)[]): L2cError {
  const error = trials.find((trial) => trial instanceof L2cError);
  const place = `pipeline ${pipeline}`;
  if (error === undefined) {
    const wayOut = 'choose another tune.metric, or data that it is defined on';
    return problem('E_STAGE', place, `"${metric}" is not defined (NaN) for any setting of the grid`, wayOut);
  }
  const fact = 'no setting of the grid gives anything to choose; what the first failed of follows';
  const wayOut = 'mend it, or tune the other pipelines alone with --pipeline';
  const problems = [{ code: 'E_STAGE' as const, place, fact, wayOut }, ...error.problems];
  return new L2cError(problems, { cause: error.cause, ran: true });
}
