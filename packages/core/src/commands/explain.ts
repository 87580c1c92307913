import { Args } from '@oclif/core';
import type { PairExplanation } from '../explain/explain-pair.js';
import { quietFlag } from '../flags.js';
import { L2cCommand } from '../l2c-command.js';

export default class Explain extends L2cCommand {
  static override summary =
    'Says why two faces are together, or why not: what each stage made of them, and the path of links between them.';
  static override description =
    'Results come from the cache of the run; what is no longer there is computed again. The report says the same of two faces that are clicked.';
  static override examples = [
    '<%= config.bin %> explain runs 12 345',
    '<%= config.bin %> explain people anna-1.jpg anna-7.jpg',
    '<%= config.bin %> explain people anna.jpg "row 345"',
  ];
  static override args = {
    folder: Args.string({ description: 'Folder of a run, or of one of its pipelines.', required: true }),
    a: Args.string({
      description: 'A face: its name (data.ids), or its row in the file, from 0: 12, or "row 12" where 12 is a name.',
      required: true,
    }),
    b: Args.string({ description: 'Another face.', required: true }),
  };
  static override flags = {
    quiet: quietFlag(),
  };

  async run(): Promise<{ pipelines: PairExplanation[] }> {
    const { args, flags } = await this.parse(Explain);
    const { explainPair } = await import('../explain/explain-pair.js');
    const { explainText } = await import('../explain/explain-text.js');
    const pipelines = await explainPair(args.folder, [args.a, args.b], await this.hearers(flags.quiet));
    this.say(pipelines.map(explainText).join('\n\n'));
    return { pipelines };
  }
}
