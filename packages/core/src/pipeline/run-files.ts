import { basename, dirname, extname, join, resolve } from 'node:path';
import { L2cError, problem } from '../errors.js';
import { silentProgress } from '../report/progress.js';
import { writeComparison } from '../report/comparison.js';
import { RunReport } from '../report/html/run-report.js';
import { shortName } from './document.js';
import { FailedRun, hasFailed, type Outcome } from './failed-run.js';
import type { FinishedPipeline } from './finished-pipeline.js';
import { idleServices } from './idle-services.js';
import type { FilePlan } from './plan.js';
import { runFile } from './run-file.js';
import { choosePipelines, type RunOptions } from './session.js';
import type { PipelineSummary } from './summary.js';
import { planFile } from './validate.js';

/** What a program may leave out: then nothing is overridden, everything runs, in silence, with results of earlier runs used. */
const silentRun: RunFilesOptions = {
  settings: [],
  only: [],
  output: undefined,
  keep: false,
  cache: true,
  log: idleServices.log,
  observer: silentProgress,
  get signal() {
    return new AbortController().signal;
  },
};

export interface RunFilesOptions extends Omit<RunOptions, 'output' | 'onFinished'> {
  readonly settings: readonly string[];
  /** Where results go; beside each file where undefined. */
  readonly output: string | undefined;
}

/** The options given, and those of a silent run where they are left out. */
export const completeOptions = (given: Partial<RunFilesOptions>): RunFilesOptions => ({ ...silentRun, ...given });

/** The folder of a file's results: the one given, or `runs/` beside the file. */
export function outputFolder(file: string, given: string | undefined): string {
  return resolve(given ?? join(dirname(resolve(file)), 'runs'));
}

/**
 * Checks all files before any runs, then runs them in order and writes a comparison to each output folder. Pipelines
 * of several files are told apart by the file's name in front. Options that are left out: no overrides, all pipelines, results
 * beside each file, cache on, silence.
 *
 * @throws L2cError what the files are refused for; FailedRun where pipelines failed, once all others have run
 */
export async function runFiles(
  files: readonly string[],
  given: Partial<RunFilesOptions> = {},
): Promise<PipelineSummary[]> {
  const { settings, output, ...options } = completeOptions(given);
  const plans = [];
  for (const file of files) plans.push(await planFile(file, { settings }));
  expectOwnFolders(plans, options.only, output);
  const all: Outcome[] = [];
  const errors: L2cError[] = [];
  const byFolder = new Map<string, Outcome[]>();
  const reports = new Map<string, RunReport>();
  for (const plan of plans) {
    const folder = outputFolder(plan.file, output);
    const report = reports.get(folder) ?? new RunReport(folder, options.log);
    reports.set(folder, report);
    const onFinished = (finished: FinishedPipeline): Promise<void> => report.add(finished);
    const { outcomes, error } = await outcomesOf(plan, { ...options, output: folder, onFinished }, plans.length === 1);
    for (const outcome of outcomes) if (hasFailed(outcome)) report.fail(outcome);
    if (error !== undefined) errors.push(error);
    const prefix = plans.length > 1 ? `${basename(plan.file, extname(plan.file))}: ` : '';
    all.push(...outcomes.map((outcome) => ({ ...outcome, pipeline: `${prefix}${outcome.pipeline}` })));
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), ...outcomes]);
  }
  for (const [folder, outcomes] of byFolder) await writeComparison(folder, outcomes);
  for (const report of reports.values()) await report.write();
  if (errors.length > 0) throw new FailedRun(all, errors);
  return all as PipelineSummary[];
}

/** Throws E_USAGE where pipelines of two files would write to one folder. */
function expectOwnFolders(plans: readonly FilePlan[], only: readonly string[], output: string | undefined): void {
  const taken = new Map<string, string>();
  for (const plan of plans) {
    for (const { name } of choosePipelines(plan, only)) {
      const folder = join(outputFolder(plan.file, output), name);
      const other = taken.get(folder);
      if (other !== undefined) {
        const fact = `its pipeline "${name}" would write to ${folder}, and so does ${shortName(other)}`;
        const wayOut = 'rename one of the two pipelines, or run the files with an --output each';
        throw problem('E_USAGE', shortName(plan.file), fact, wayOut);
      }
      taken.set(folder, plan.file);
    }
  }
}

/** Rows of one file. Beside other files, data that can't be read make its pipelines fail; alone, they are refused. */
async function outcomesOf(
  plan: FilePlan,
  options: RunOptions,
  alone: boolean,
): Promise<{ outcomes: readonly Outcome[]; error?: L2cError }> {
  try {
    return { outcomes: await runFile(plan, options) };
  } catch (error) {
    if (error instanceof FailedRun) return { outcomes: error.outcomes, error };
    if (alone || !(error instanceof L2cError) || error.code === 'E_ABORTED') throw error;
    const outcomes = choosePipelines(plan, options.only).map(({ name }) => {
      return { pipeline: name, failure: error.problems, output: join(options.output, name) };
    });
    return { outcomes, error };
  }
}
