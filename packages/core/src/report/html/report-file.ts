import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { EstimateRecord, QualityEstimate } from '../../cluster/quality-estimate.js';
import { eachPipeline, recordedRun } from '../../pipeline/recorded-run.js';
import { Replay, type ReplayOptions } from '../../pipeline/replay.js';
import { writeReportPage } from './page-file.js';
import { ReportBuilder } from './report-builder.js';
import { loadThumbnailMaker } from './thumbnails/thumbnail-maker.js';

export interface ReportFileOptions extends ReplayOptions {
  /** Tries other thresholds however long they take. */
  readonly curve: boolean;
  /** Puts small images of the faces into the page. */
  readonly thumbnails: boolean;
}

/**
 * Writes `report.html` of a run that is over into its folder. Pipelines that failed, or whose results can't be had any more, are said in it.
 * Throws L2cErrors where that is all of them, see {@link Replay}; E_OUTPUT; E_USAGE where thumbnails can't be made.
 */
export async function reportFile(
  folder: string,
  { curve, thumbnails, ...options }: ReportFileOptions,
): Promise<{ report: string }> {
  const path = resolve(folder);
  const title = `${basename(dirname(path))}/${basename(path)}`;
  const replay = new Replay(options);
  const builder = new ReportBuilder({
    folder: path,
    title,
    curveSeconds: curve ? Infinity : undefined,
    thumbnails: thumbnails ? await loadThumbnailMaker() : undefined,
  });
  const lost = await eachPipeline(recordedRun(folder), options.log, async (pipeline) => {
    const outcome = await replay.outcome(pipeline);
    options.log.debug(`pipeline ${outcome.pipeline.name}: gathers its report`);
    await builder.add(outcome, { quality: await recordedEstimate(pipeline), doubts: [] });
  });
  for (const failed of lost) builder.fail(failed);
  return { report: await writeReportPage(path, await builder.finish()) };
}

/** What the run estimated of its clusters; its file was read before, so it can be. */
async function recordedEstimate(folder: string): Promise<QualityEstimate | undefined> {
  const record = JSON.parse(await readFile(join(folder, 'metrics.json'), 'utf8')) as Partial<EstimateRecord>;
  return record.estimateWithoutLabels ?? undefined;
}
