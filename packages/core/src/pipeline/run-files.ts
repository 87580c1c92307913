import { basename, dirname, extname, join, resolve } from 'node:path';
import { problem } from '../errors.js';
import { silentProgress } from '../report/progress.js';
import { writeComparison } from '../report/comparison.js';
import { RunReport } from '../report/html/run-report.js';
import { shortName } from './document.js';
import { idleServices } from './idle-services.js';
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

export interface RunFilesOptions extends Omit<RunOptions, 'output' | 'onOutcome'> {
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
 */
export async function runFiles(
  files: readonly string[],
  given: Partial<RunFilesOptions> = {},
): Promise<PipelineSummary[]> {
  const { settings, output, ...options } = completeOptions(given);
  const plans = [];
  for (const file of files) plans.push(await planFile(file, { settings }));
  const taken = new Map<string, string>();
  for (const plan of plans) {
    for (const { name } of choosePipelines(plan, options.only)) {
      const folder = join(outputFolder(plan.file, output), name);
      const other = taken.get(folder);
      if (other !== undefined) {
        throw problem(
          'E_USAGE',
          shortName(plan.file),
          `its pipeline "${name}" would write to ${folder}, and so does ${shortName(other)}`,
          'rename one of the two pipelines, or run the files with an --output each',
        );
      }
      taken.set(folder, plan.file);
    }
  }
  const all: PipelineSummary[] = [];
  const byFolder = new Map<string, PipelineSummary[]>();
  const reports = new Map<string, RunReport>();
  for (const plan of plans) {
    const folder = outputFolder(plan.file, output);
    const report = reports.get(folder) ?? new RunReport(folder, options.log);
    reports.set(folder, report);
    const made = await runFile(plan, { ...options, output: folder, onOutcome: (outcome) => report.add(outcome) });
    const prefix = plans.length > 1 ? `${basename(plan.file, extname(plan.file))}: ` : '';
    all.push(...made.map((summary) => ({ ...summary, pipeline: `${prefix}${summary.pipeline}` })));
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), ...made]);
  }
  for (const [folder, summaries] of byFolder) await writeComparison(folder, summaries);
  for (const report of reports.values()) await report.write();
  return all;
}
