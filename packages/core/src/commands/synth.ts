import { Args, Flags } from '@oclif/core';
import { problem } from '../errors.js';
import { L2cCommand } from '../l2c-command.js';
import { spellControls } from '../spell-controls.js';
import type { SynthesisedFiles } from '../synth/write-faces.js';

const difficulty = Flags.custom<number>({
  parse: async (input) => {
    const value = Number(input);
    if (input.trim() !== '' && value >= 0 && value <= 1) return value;
    throw problem(
      'E_USAGE',
      '--difficulty',
      `${JSON.stringify(input)} is no number from 0 to 1`,
      'give one, such as 0.5',
    );
  },
});

export default class Synth extends L2cCommand {
  static override summary = 'Makes labelled faces as a network would see them, as hard as you like.';
  static override description =
    'Writes features.npy (one unit row of float32 per face) and labels.meta (one identity per line) to a folder. The same flags give the same files everywhere.';
  static override examples = [
    '<%= config.bin %> synth faces --faces 20000 --difficulty 1',
    '<%= config.bin %> synth faces --faces 1000 --dim 64 --seed 7 --json',
  ];
  static override args = {
    directory: Args.string({ description: 'Folder to write to; made if it is not there.', required: true }),
  };
  static override flags = {
    faces: Flags.integer({ description: 'How many faces.', default: 10000, min: 1 }),
    dim: Flags.integer({ description: 'Dimensions of an embedding.', default: 256, min: 2 }),
    difficulty: difficulty({
      description:
        '0: identities are tight and unlike each other; 1: many are spread wide, have relatives, and faces are blurred.',
      default: 0.5,
    }),
    seed: Flags.integer({ description: 'Another seed, other faces.', default: 1, min: 0 }),
  };

  async run(): Promise<SynthesisedFiles> {
    const { args, flags } = await this.parse(Synth);
    const { writeSyntheticFaces } = await import('../synth/write-faces.js');
    const written = await writeSyntheticFaces(args.directory, {
      n: flags.faces,
      dim: flags.dim,
      difficulty: flags.difficulty,
      seed: flags.seed,
    });
    const { features, labels, faces, dim, identities, singletons } = written;
    this.log(spellControls(`${features}  ${faces} x ${dim}`));
    this.log(spellControls(`${labels}  ${identities} identities, ${singletons} of them with a single face`));
    return written;
  }
}
