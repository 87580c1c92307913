import { Args, Flags } from '@oclif/core';
import { quietFlag } from '../flags.js';
import { L2cCommand } from '../l2c-command.js';

export default class Export extends L2cCommand {
  static override summary =
    'Writes the clusters of a run for other programs: a table, JSON, or a folder of images for each.';
  static override description =
    'csv, parquet: a row for each face, with its name (data.ids), image, cluster, the size of the cluster, and how well it fits: its cosine with the mean of the cluster, empty for a face alone. json: a list of clusters, the most typical face first. folders: one for each cluster of two or more, with links to the images (data.images).';
  static override examples = [
    '<%= config.bin %> export people --to folders',
    '<%= config.bin %> export runs/gcn-v --to parquet --output tables',
  ];
  static override args = {
    folder: Args.string({ description: 'Folder of a run, or of one of its pipelines.', required: true }),
  };
  static override flags = {
    to: Flags.option({
      options: ['csv', 'json', 'parquet', 'folders'] as const,
      description: 'csv, json, parquet or folders.',
      required: true,
    })(),
    output: Flags.string({ description: 'Folder for what is written; default: that of the pipeline.' }),
    quiet: quietFlag(),
  };

  async run(): Promise<{ written: { pipeline: string; path: string }[] }> {
    const { args, flags } = await this.parse(Export);
    const { exportRun } = await import('../export/export-run.js');
    const { shortName } = await import('../pipeline/document.js');
    const { log } = await this.hearers(flags.quiet);
    const written = await exportRun(args.folder, flags.to, flags.output, log);
    for (const { path } of written) this.log(shortName(path));
    return { written };
  }
}
