import { join } from 'node:path';
import { problem } from '../errors.js';
import { writeAtomic } from '../formats/atomic.js';
import { writeTuning } from '../report/tuning.js';
import { makeDirectory } from './artifacts.js';
import { shortName } from './document.js';
import { identitySplits, labelledRows } from './identity-split.js';
import { OutputFolder } from './output.js';
import type { FilePlan, TunePlan } from './plan.js';
import { printPlan } from './print.js';
import type { RunObserver } from './run.js';
import { completeOptions, outputFolder, type RunFilesOptions } from './run-files.js';
import { choosePipelines, openSession, type Session } from './session.js';
import { meanTrial } from './trials.js';
import { chooseOn, runSplit, type Chosen, type SplitOutcome } from './tune-choice.js';
import { tuneJobs } from './tune-jobs.js';
import type { TunedPipeline, Tuning } from './tuning.js';
import { planFile } from './validate.js';

/**
 * Tries the grid of a file on labelled data. Identities are split into halves: options are chosen on the one by the metric,
 * and judged on the other; so often as there are splits. The options chosen on all labelled instances go to `tuned.yaml`.
 * Of equal settings the first of the grid is taken. A setting that fails is listed as such, and the others are tried. Throws
 * L2cErrors E_CONFIG without a grid or labels, E_DATA where there are fewer than four identities to split, or where no setting of
 * a pipeline can do with as few instances as a half has, E_STAGE where all fail or the metric is nowhere defined.
 */
export async function tuneFile(file: string, given: Partial<RunFilesOptions> = {}): Promise<Tuning> {
  const { settings, output, ...options } = completeOptions(given);
  const plan = await planFile(file, { settings });
  const tune = expectTuning(plan);
  const chosen = choosePipelines(plan, options.only);
  const folder = await OutputFolder.open(join(outputFolder(plan.file, output), 'tune'));
  const session = await openSession(plan, { ...options, output: outputFolder(plan.file, output) });
  const truth = expectIdentities(plan, session);
  const halves = identitySplits(truth, tune.splits, tune.seed);
  const jobs = await tuneJobs(plan, tune, chosen, halves);
  const observer = patient(options.observer);
  const outcomes: SplitOutcome[][] = [];
  for (const [s, split] of halves.entries()) {
    options.log.debug(`split ${s + 1} of ${tune.splits}`);
    outcomes.push(await runSplit(session, split, jobs, tune.metric, observer));
  }
  options.log.debug('all labelled instances');
  const final = await chooseOn(session, labelledRows(truth), jobs, tune.metric, observer);
  const pipelines = jobs.map(({ pipeline, settings: count, failed }, p): TunedPipeline => {
    const splits = outcomes.map((outcome) => outcome[p]);
    return {
      pipeline: pipeline.name,
      learned: pipeline.rounds.some(({ scorers }) => scorers.some(({ definition }) => definition.trainable)),
      settings: count,
      choices: final[p].variant.choices,
      splits,
      tuned: meanTrial(splits.flatMap(({ tuned }) => tuned ?? [])),
      written: meanTrial(splits.flatMap(({ written }) => written ?? [])),
      failed,
    };
  });
  const { metric, seed, splits } = tune;
  const tuning: Tuning = { metric, seed, splits, pipelines, output: folder.path };
  await makeDirectory(folder.path);
  await writeAtomic(join(folder.path, 'tuned.yaml'), tunedFile(plan, final, tuning));
  await writeTuning(folder.path, tuning);
  return tuning;
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
