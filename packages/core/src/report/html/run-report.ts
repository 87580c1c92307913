import { basename, dirname } from 'node:path';
import { L2cError } from '../../errors.js';
import type { FailedPipeline } from '../../pipeline/failed-run.js';
import type { FinishedPipeline } from '../../pipeline/finished-pipeline.js';
import type { Log } from '../../stages/services.js';
import { writeReportPage } from './page-file.js';
import { ReportBuilder, type KnownClusters } from './report-builder.js';

/** The report that a run leaves. What keeps it from being made is a warning: the results are there already. */
export class RunReport {
  private readonly builder: ReportBuilder;

  constructor(
    private readonly folder: string,
    private readonly log: Log,
  ) {
    this.builder = new ReportBuilder({ folder, title: `${basename(dirname(folder))}/${basename(folder)}` });
  }

  /** `known` is what is known of its clusters already. */
  async add(outcome: FinishedPipeline, known?: KnownClusters): Promise<void> {
    const { name } = outcome.pipeline;
    this.log.debug(`pipeline ${name}: gathers its report`);
    await this.unless(
      () => this.builder.add(outcome, known),
      ({ problems: failure, message }) => {
        this.builder.fail({ pipeline: name, failure, output: outcome.summary.output });
        this.log.warn(`pipeline ${name} is left out of the report: ${message}`);
      },
    );
  }

  /** A pipeline that has nothing to show. */
  fail(failed: FailedPipeline): void {
    this.builder.fail(failed);
  }

  /** Its path; undefined where there is none. */
  async write(): Promise<string | undefined> {
    if (this.builder.isEmpty) return undefined;
    return this.unless(
      async () => writeReportPage(this.folder, await this.builder.finish()),
      ({ message }) => this.log.warn(`no report was written: ${message}`),
    );
  }

  private async unless<Made>(work: () => Promise<Made>, lost: (error: L2cError) => void): Promise<Made | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof L2cError) || error.code === 'E_ABORTED') throw error;
      lost(error);
      return undefined;
    }
  }
}
