import { Args, Flags } from '@oclif/core';
import { listFlag, quietFlag, settingFlag } from '../flags.js';
import { L2cCommand } from '../l2c-command.js';
import { FailedRun, hasFailed } from '../pipeline/failed-run.js';
import type { PipelineSummary } from '../pipeline/summary.js';

export default class Run extends L2cCommand {
  static override summary = 'Runs the pipelines of a file and compares them in one table.';
  static override description =
    'Progress goes to stderr, the table to stdout. Results lie in <output>/<pipeline>/; finished stages are kept there, so a second run only does what changed.';
  static override examples = [
    '<%= config.bin %> run pipeline.yaml',
    '<%= config.bin %> run pipeline.yaml --set deoverlapper.maxIou=0.5 --json',
  ];
  static override strict = false;
  static override args = {
    file: Args.string({ description: 'Pipeline file; several are compared in one table.', required: true }),
  };
  static override flags = {
    pipeline: listFlag('Run this pipeline only; may be given several times.'),
    set: settingFlag(),
    output: Flags.string({ description: 'Folder for the results; default: runs/ beside the file.' }),
    keep: Flags.boolean({ description: "Also write each stage's result as .npz." }),
    cache: Flags.boolean({ description: 'Use results of earlier runs.', default: true, allowNo: true }),
    quiet: quietFlag(),
  };

  async run(): Promise<{ pipelines: PipelineSummary[] }> {
    const { argv, flags } = await this.parse(Run);
    const { runFiles } = await import('../pipeline/run-files.js');
    const { comparisonText } = await import('../report/comparison.js');
    const summaries = await runFiles(argv as string[], {
      settings: flags.set,
      only: flags.pipeline,
      output: flags.output,
      keep: flags.keep,
      cache: flags.cache,
      ...(await this.hearers(flags.quiet)),
    });
    this.say(comparisonText(summaries, this.screen));
    return { pipelines: summaries };
  }

  /** What finished is shown all the same. */
  protected override async catch(error: Error): Promise<unknown> {
    if (error instanceof FailedRun && !error.outcomes.every(hasFailed)) {
      const { comparisonText } = await import('../report/comparison.js');
      this.say(`${comparisonText(error.outcomes, this.screen)}\n`);
    }
    return super.catch(error);
  }
}
