import { basename, dirname, resolve } from 'node:path';
import { foldersOfRun, Replay, type ReplayOptions } from '../../pipeline/replay.js';
import { writeReportPage } from './page-file.js';
import { ReportBuilder } from './report-builder.js';

export interface ReportFileOptions extends ReplayOptions {
  /** Tries other thresholds however long they take. */
  readonly curve: boolean;
}

/** Writes `report.html` of a run that is over into its folder. Throws L2cErrors, see {@link Replay}; E_OUTPUT. */
export async function reportFile(
  folder: string,
  { curve, ...options }: ReportFileOptions,
): Promise<{ report: string }> {
  const path = resolve(folder);
  const title = `${basename(dirname(path))}/${basename(path)}`;
  const replay = new Replay(options);
  const builder = new ReportBuilder({ folder: path, title, curveSeconds: curve ? Infinity : undefined });
  for (const pipeline of foldersOfRun(path)) {
    const outcome = await replay.outcome(pipeline);
    options.log.debug(`pipeline ${outcome.pipeline.name}: gathers its report`);
    await builder.add(outcome);
  }
  return { report: await writeReportPage(path, builder.finish()) };
}
