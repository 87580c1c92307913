import { join } from 'node:path';
import { L2cError, problem, type Problem } from '../errors.js';
import { writeAtomic } from '../formats/atomic.js';
import { writeTuning } from '../report/tuning.js';
import { shortName } from './document.js';
import { identitySplits, labelledRows, type IdentitySplit } from './identity-split.js';
import { OutputFolder } from './output.js';
import type { FilePlan, PipelinePlan, TunePlan } from './plan.js';
import { printPlan } from './print.js';
import type { RunObserver } from './run.js';
import { completeOptions, outputFolder, type RunFilesOptions } from './run-files.js';
import { choosePipelines, openSession, type Session } from './session.js';
import { stageFaults } from './stage-faults.js';
import { meanTrial, runTrials, type Trial } from './trials.js';
import { stagesOf, variantsOf, type Variant } from './tune-grid.js';
import { planFile } from './validate.js';

/** Options by their path in the grid. */
export type Choices = Variant['choices'];

/** One split: what was chosen on the one half, and what it gave on the other. */
export interface SplitOutcome {
  readonly choices: Choices;
  /** The metric on the half it was chosen on: the highest of the grid. Undefined where there was nothing to choose. */
  readonly best: number | undefined;
  /** On the other half: with the options chosen, and as the file has them. */
  readonly tuned: Trial;
  readonly written: Trial;
}

export interface TunedPipeline {
  readonly pipeline: string;
  /** How many settings were tried; 1, without choices, where the grid does not concern it. */
  readonly settings: number;
  /** Chosen on all labelled instances: what `tuned.yaml` holds. */
  readonly choices: Choices;
  readonly splits: readonly SplitOutcome[];
  /** Means over the halves that were not tuned on. */
  readonly tuned: Trial;
  readonly written: Trial;
}

export interface Tuning {
  readonly metric: string;
  readonly seed: number;
  readonly splits: number;
  readonly pipelines: readonly TunedPipeline[];
  /** Absolute folder of `tuned.yaml` and the comparison. */
  readonly output: string;
}

/**
 * Tries the grid of a file on labelled data. Identities are split into halves: options are chosen on the one by the metric,
 * and judged on the other; so often as there are splits. The options chosen on all labelled instances go to `tuned.yaml`.
 * Of equal settings the first of the grid is taken. Throws L2cErrors E_CONFIG without a grid or labels, E_DATA where there are
 * fewer than four identities to split, or where a stage can't do with as few instances as a half has.
 */
export async function tuneFile(file: string, given: Partial<RunFilesOptions> = {}): Promise<Tuning> {
  const { settings, output, ...options } = completeOptions(given);
  const plan = await planFile(file, { settings });
  const tune = expectTuning(plan);
  const chosen = choosePipelines(plan, options.only);
  const folder = await OutputFolder.open(join(outputFolder(plan.file, output), 'tune'));
  const session = await openSession(plan, { ...options, output: outputFolder(plan.file, output) });
  const truth = expectIdentities(plan, session);
  const jobs = chosen.map((pipeline) => ({
    pipeline,
    variants: variantsOf(pipeline, tune.options.get(pipeline.name) ?? []),
  }));
  const halves = identitySplits(truth, tune.splits, tune.seed);
  await expectRoom(plan, jobs, halves);
  const observer = patient(options.observer);
  const outcomes: SplitOutcome[][] = [];
  for (const [s, split] of halves.entries()) {
    options.log.debug(`split ${s + 1} of ${tune.splits}`);
    outcomes.push(await runSplit(session, split, jobs, tune.metric, observer));
  }
  options.log.debug('all labelled instances');
  const final = await chooseOn(session, labelledRows(truth), jobs, tune.metric, observer);
  const pipelines = jobs.map(({ pipeline, variants }, p): TunedPipeline => {
    const splits = outcomes.map((outcome) => outcome[p]);
    return {
      pipeline: pipeline.name,
      settings: variants.length,
      choices: final[p].variant.choices,
      splits,
      tuned: meanTrial(splits.map(({ tuned }) => tuned)),
      written: meanTrial(splits.map(({ written }) => written)),
    };
  });
  const { metric, seed, splits } = tune;
  const tuning: Tuning = { metric, seed, splits, pipelines, output: folder.path };
  await writeAtomic(join(folder.path, 'tuned.yaml'), tunedFile(plan, final, tuning));
  await writeTuning(folder.path, tuning);
  return tuning;
}

interface Job {
  readonly pipeline: PipelinePlan;
  readonly variants: readonly Variant[];
}

interface Chosen {
  readonly variant: Variant;
  readonly best: number | undefined;
}

async function runSplit(
  session: Session,
  { tuning, testing }: IdentitySplit,
  jobs: readonly Job[],
  metric: string,
  observer: RunObserver,
): Promise<SplitOutcome[]> {
  const chosen = await chooseOn(session, tuning, jobs, metric, observer);
  const judged = jobs.map(({ pipeline }, p) => [...new Set([chosen[p].variant.pipeline, pipeline])]);
  const trials = await runTrials(session, testing, judged.flat(), observer);
  let next = 0;
  return chosen.map(({ variant, best }, p) => {
    const own = trials.slice(next, (next += judged[p].length));
    return { choices: variant.choices, best, tuned: own[0], written: own[own.length - 1] };
  });
}

/** Whether the grid concerns a job, if only with one value. */
const hasChoice = ({ variants }: Job): boolean => Object.keys(variants[0].choices).length > 0;

/**
 * The best variant of each job on some rows; a metric that is not defined is worse than any number. What has no choice is
 * not run.
 */
async function chooseOn(
  session: Session,
  rows: Int32Array,
  jobs: readonly Job[],
  metric: string,
  observer: RunObserver,
): Promise<Chosen[]> {
  const variants = jobs.filter(hasChoice).flatMap((job) => job.variants);
  const trials = await runTrials(
    session,
    rows,
    variants.map(({ pipeline }) => pipeline),
    observer,
  );
  let next = 0;
  return jobs.map((job) => {
    if (!hasChoice(job)) return { variant: job.variants[0], best: undefined };
    const own = trials.slice(next, (next += job.variants.length)).map(({ metrics }) => metrics[metric]);
    const worth = own.map((value) => (Number.isNaN(value) ? -Infinity : value));
    const first = worth.indexOf(Math.max(...worth));
    return { variant: job.variants[first], best: own[first] };
  });
}

function expectTuning({ file, tune, data }: FilePlan): TunePlan {
  const place = shortName(file);
  if (tune === undefined) {
    const wayOut = 'for instance tune: { grid: { deoverlapper.threshold: [0.4, 0.5, 0.6] } }';
    throw problem('E_CONFIG', place, 'has no "tune", so there is nothing to try', wayOut);
  }
  if (data.labels === undefined)
    throw problem('E_CONFIG', place, 'tuning needs the true identities', 'give data.labels');
  return tune;
}

function expectIdentities({ data }: FilePlan, { inputs: { truth } }: Session): Int32Array {
  const identities = new Set(truth);
  identities.delete(-1);
  if (truth !== undefined && identities.size >= 4) return truth;
  const fact = `${identities.size} known identities can't be split into halves that hold two each`;
  throw problem('E_DATA', shortName(data.labels!), fact, 'tune on data with at least 4');
}

/** Halves are smaller than the data, and no stage may find that out after an hour. Throws E_DATA with all that would fail. */
async function expectRoom(
  { file, facts }: FilePlan,
  jobs: readonly Job[],
  halves: readonly IdentitySplit[],
): Promise<void> {
  const n = Math.min(...halves.flatMap(({ tuning, testing }) => [tuning.length, testing.length]));
  const stages = new Map(
    jobs
      .flatMap(({ variants }) => variants.flatMap(({ pipeline }) => stagesOf(pipeline)))
      .map((stage) => [`${stage.path.join('.')} ${JSON.stringify(stage.options)}`, stage]),
  );
  const problems = new Map<string, Problem>();
  for (const stage of stages.values()) {
    for (const { option, fact, wayOut } of await stageFaults(stage, { ...facts, n })) {
      const place = [...stage.path, ...(option === '' ? [] : [option])].join('.');
      const where = `${shortName(file)} ${place}`;
      problems.set(`${where} ${fact}`, { code: 'E_DATA', place: where, fact: `on the smallest half, ${fact}`, wayOut });
    }
  }
  if (problems.size > 0) throw new L2cError([...problems.values()]);
}

function tunedFile(plan: FilePlan, chosen: readonly Chosen[], { output, metric, pipelines }: Tuning): string {
  const pipelineOf = new Map(chosen.map(({ variant }) => [variant.pipeline.name, variant.pipeline]));
  const tuned = plan.pipelines.map((pipeline) => pipelineOf.get(pipeline.name) ?? pipeline);
  const notes = pipelines.flatMap(({ pipeline, choices }) =>
    Object.entries(choices).map(([path, value]) => `#   ${pipeline}: ${path} = ${JSON.stringify(value)}\n`),
  );
  return `# Chosen for the highest ${metric} on all labelled instances:\n${notes.join('')}${printPlan({ ...plan, pipelines: tuned, tune: undefined }, output)}`;
}

/** Tells of stages that took their time, not of the hundreds that come from the cache or are done in no time. */
function patient(observer: RunObserver): RunObserver {
  return {
    stageStarted: (pipeline, stage) => observer.stageStarted(pipeline, stage),
    stageEnded(pipeline, report) {
      if (!report.cached && report.seconds >= 1) observer.stageEnded(pipeline, report);
    },
  };
}
