import { Args, Flags } from '@oclif/core';
import { L2cCommand } from '../l2c-command.js';
import type { TrainedScorer } from '../pipeline/train-file.js';

export default class Train extends L2cCommand {
  static override summary = 'Trains every trainable scorer of a file in order and writes its weights.';
  static override description =
    'Each trainable scorer is trained on what the stages before it make of the data; `NAME.training.json` beside the weights keeps the curve.';
  static override args = { file: Args.string({ description: 'Pipeline file with data.labels.', required: true }) };
  static override flags = {
    pipeline: Flags.string({
      description: 'Train the scorers of this pipeline only; may be given several times.',
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
    output: Flags.string({ description: 'Folder for cached stages and checkpoints; default: runs/ beside the file.' }),
    cache: Flags.boolean({ description: 'Use results of earlier runs.', default: true, allowNo: true }),
    quiet: Flags.boolean({ description: 'Nothing on stderr but warnings and errors.' }),
  };

  async run(): Promise<{ trained: TrainedScorer[] }> {
    const { args, flags } = await this.parse(Train);
    const { trainFile } = await import('../pipeline/train-file.js');
    const { silentProgress, stageProgress } = await import('../report/progress.js');
    const silent = flags.quiet || this.jsonEnabled();
    const trained = await trainFile(args.file, {
      settings: flags.set,
      only: flags.pipeline,
      output: flags.output,
      keep: false,
      cache: flags.cache,
      log: this.stderrLog(!silent, flags.quiet),
      observer: silent ? silentProgress : stageProgress(process.stderr),
      signal: new AbortController().signal,
    });
    for (const { pipeline, stage, weights } of trained) this.log(`${pipeline}  ${stage}  ${weights}`);
    return { trained };
  }
}
