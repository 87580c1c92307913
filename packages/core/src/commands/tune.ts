import { Args, Flags } from '@oclif/core';
import { L2cCommand } from '../l2c-command.js';
import type { Tuning } from '../pipeline/tune-file.js';

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
    pipeline: Flags.string({
      description: 'Tune this pipeline only; may be given several times.',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
    set: Flags.string({
      description: 'Override a value of the file: PATH=VALUE.',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
    output: Flags.string({ description: 'Folder for results and cached stages; default: runs/ beside the file.' }),
    cache: Flags.boolean({ description: 'Use results of earlier runs.', default: true, allowNo: true }),
    quiet: Flags.boolean({ description: 'Nothing on stderr but warnings and errors.' }),
  };

  async run(): Promise<Tuning> {
    const { args, flags } = await this.parse(Tune);
    const { tuneFile } = await import('../pipeline/tune-file.js');
    const { tuningText } = await import('../report/tuning.js');
    const { silentProgress, stageProgress } = await import('../report/progress.js');
    const silent = flags.quiet || this.jsonEnabled();
    const tuning = await tuneFile(args.file, {
      settings: flags.set,
      only: flags.pipeline,
      output: flags.output,
      keep: false,
      cache: flags.cache,
      log: this.stderrLog(!silent, flags.quiet),
      observer: silent ? silentProgress : stageProgress(process.stderr),
      signal: new AbortController().signal,
    });
    this.log(tuningText(tuning, process.stdout.isTTY));
    return tuning;
  }
}
