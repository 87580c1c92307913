import { Args, Flags } from '@oclif/core';
import { listFlag, quietFlag, settingFlag } from '../flags.js';
import { L2cCommand } from '../l2c-command.js';
import type { Tuning } from '../pipeline/tuning.js';

export default class Tune extends L2cCommand {
  static override summary =
    'Picks options of a file on labelled data, and says what they are worth on other identities.';
  static override description =
    'Tries the grid under the key `tune` of the file. Identities are split in halves: options are chosen on one half and judged on the other. <output>/tune/ gets the comparison and tuned.yaml, the file with the options chosen on all labelled data.';
  static override examples = [
    '<%= config.bin %> tune pipeline.yaml',
    '<%= config.bin %> tune pipeline.yaml --set tune.metric="pairwise f" --json',
  ];
  static override args = {
    file: Args.string({ description: 'Pipeline file with data.labels and tune.', required: true }),
  };
  static override flags = {
    pipeline: listFlag('Tune this pipeline only; may be given several times.'),
    set: settingFlag(),
    output: Flags.string({ description: 'Folder for results and cached stages; default: runs/ beside the file.' }),
    cache: Flags.boolean({ description: 'Use results of earlier runs.', default: true, allowNo: true }),
    quiet: quietFlag(),
  };

  async run(): Promise<Tuning> {
    const { args, flags } = await this.parse(Tune);
    const { tuneFile } = await import('../pipeline/tune-file.js');
    const { tuningText } = await import('../report/tuning.js');
    const tuning = await tuneFile(args.file, {
      settings: flags.set,
      only: flags.pipeline,
      output: flags.output,
      keep: false,
      cache: flags.cache,
      ...(await this.hearers(flags.quiet)),
    });
    this.say(tuningText(tuning, this.screen));
    return tuning;
  }
}
