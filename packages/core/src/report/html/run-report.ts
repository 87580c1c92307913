import { basename, dirname } from 'node:path';
import type { ClusterAnalysis } from '../../cluster/cluster-analysis.js';
import { formatProblem, L2cError } from '../../errors.js';
import type { FailedPipeline } from '../../pipeline/failed-run.js';
import type { FinishedPipeline } from '../../pipeline/finished-pipeline.js';
import type { Log } from '../../stages/services.js';
import { writeReportPage } from './page-file.js';
import { ReportBuilder } from './report-builder.js';

/** The report that a run leaves. What keeps it from being made is a warning: the results are there already. */
export class RunReport {
  private readonly builder: ReportBuilder;
  private failed = false;

  constructor(
    private readonly folder: string,
    private readonly log: Log,
  ) {
    this.builder = new ReportBuilder({ folder, title: `${basename(dirname(folder))}/${basename(folder)}` });
  }

  /** `known` is the analysis of its clusters where one was made. */
  async add(outcome: FinishedPipeline, known?: ClusterAnalysis): Promise<void> {
    this.log.debug(`pipeline ${outcome.pipeline.name}: gathers its report`);
    await this.unless(() => this.builder.add(outcome, known));
  }

  /** A pipeline that has nothing to show. */
  fail({ pipeline, failure }: FailedPipeline): void {
    this.builder.note(`${pipeline} failed: ${failure.map(formatProblem).join('; ')}`);
  }

  /** Its path; undefined where there is none. */
  async write(): Promise<string | undefined> {
    if (this.builder.isEmpty) return undefined;
    let path: string | undefined;
    await this.unless(async () => {
      path = await writeReportPage(this.folder, this.builder.finish());
    });
    return path;
  }

  private async unless(work: () => Promise<void>): Promise<void> {
    if (this.failed) return;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof L2cError) || error.code === 'E_ABORTED') throw error;
      this.failed = true;
      this.log.warn(`no report was written: ${error.message}`);
    }
  }
}
