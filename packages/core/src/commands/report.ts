import { Args, Flags } from '@oclif/core';
import { quietFlag } from '../flags.js';
import { L2cCommand } from '../l2c-command.js';

export default class Report extends L2cCommand {
  static override summary =
    'Writes report.html of a run: its pipelines side by side, their clusters, and what to look at first.';
  static override description =
    'l2c run and l2c cluster write it themselves. Results come from the cache of the run; what is no longer there is computed again.';
  static override examples = [
    '<%= config.bin %> report runs',
    '<%= config.bin %> report runs/gcn-v --curve',
    '<%= config.bin %> report people --thumbnails',
  ];
  static override args = {
    folder: Args.string({ description: 'Folder of a run, or of one of its pipelines.', required: true }),
  };
  static override flags = {
    curve: Flags.boolean({ description: 'Try other thresholds, however long a stage takes for each.' }),
    thumbnails: Flags.boolean({
      description:
        'Put small images of the faces into the page, 20 MB of them at most, so that it can be handed on without the photos. Needs `npm install sharp`.',
    }),
    quiet: quietFlag(),
  };

  async run(): Promise<{ report: string }> {
    const { args, flags } = await this.parse(Report);
    const { reportFile } = await import('../report/html/report-file.js');
    const { shortName } = await import('../pipeline/document.js');
    const made = await reportFile(args.folder, {
      curve: flags.curve,
      thumbnails: flags.thumbnails,
      ...(await this.hearers(flags.quiet)),
    });
    this.log(shortName(made.report));
    return made;
  }
}
