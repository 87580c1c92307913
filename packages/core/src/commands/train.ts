import { Args, Flags } from '@oclif/core';
import { listFlag, quietFlag, settingFlag } from '../flags.js';
import { L2cCommand } from '../l2c-command.js';
import { spellControls } from '../spell-controls.js';
import type { TrainedScorer } from '../pipeline/train-file.js';

export default class Train extends L2cCommand {
  static override summary = 'Trains every trainable scorer of a file in order and writes its weights.';
  static override description =
    'Each trainable scorer is trained on what the stages before it make of the data; `NAME.training.json` beside the weights keeps the curve.';
  static override args = { file: Args.string({ description: 'Pipeline file with data.labels.', required: true }) };
  static override flags = {
    pipeline: listFlag('Train the scorers of this pipeline only; may be given several times.'),
    set: settingFlag(),
    output: Flags.string({ description: 'Folder for cached stages and checkpoints; default: runs/ beside the file.' }),
    cache: Flags.boolean({ description: 'Use results of earlier runs.', default: true, allowNo: true }),
    quiet: quietFlag(),
  };

  async run(): Promise<{ trained: TrainedScorer[] }> {
    const { args, flags } = await this.parse(Train);
    const { trainFile } = await import('../pipeline/train-file.js');
    const trained = await trainFile(args.file, {
      settings: flags.set,
      only: flags.pipeline,
      output: flags.output,
      keep: false,
      cache: flags.cache,
      ...(await this.hearers(flags.quiet)),
    });
    for (const { pipeline, stage, weights } of trained) this.log(spellControls(`${pipeline}  ${stage}  ${weights}`));
    return { trained };
  }
}
