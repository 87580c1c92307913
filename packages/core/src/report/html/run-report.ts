import { basename, dirname } from 'node:path';
import { L2cError } from '../../errors.js';
import type { Outcome } from '../../pipeline/outcome.js';
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

  async add(outcome: Outcome): Promise<void> {
    await this.unless(() => this.builder.add(outcome));
  }

  async write(): Promise<void> {
    await this.unless(async () => {
      await writeReportPage(this.folder, this.builder.finish());
    });
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
