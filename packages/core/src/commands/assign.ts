import { Args, Flags } from '@oclif/core';
import type { AssignedFaces } from '../cluster/assign-faces.js';
import { quietFlag } from '../flags.js';
import { L2cCommand } from '../l2c-command.js';

export default class Assign extends L2cCommand {
  static override summary = 'Places new faces into the result of an earlier run.';
  static override description =
    'Compares new faces with all earlier ones and clusters on where they have links. Clusters of two or more keep their ids, new people get new ones. The result is as `l2c cluster` writes it and takes the next batch: all of it is written, or nothing.';
  static override examples = [
    '<%= config.bin %> assign faces-clusters new-faces.npy',
    '<%= config.bin %> assign faces-clusters new-faces.npy --images new-images.txt --output faces-clusters-2',
  ];
  static override args = {
    run: Args.string({ description: 'Folder that `l2c cluster`, `assign` or `run` wrote.', required: true }),
    features: Args.string({ description: 'Embeddings of the new faces, by the same model.', required: true }),
  };
  static override flags = {
    images: Flags.string({ description: "The new faces' images, as for l2c cluster." }),
    ids: Flags.string({ description: 'Text file of a name of each new face, a line each.' }),
    output: Flags.string({ description: 'Folder for the grown result; default: RUN itself.' }),
    fixed: Flags.boolean({
      description:
        'No earlier face changes its cluster, for results that people have corrected. Mistakes then stay, too.',
    }),
    quiet: quietFlag(),
  };

  async run(): Promise<AssignedFaces> {
    const { args, flags } = await this.parse(Assign);
    const { assignFaces } = await import('../cluster/assign-faces.js');
    const { assignText } = await import('../report/grown-text.js');
    const found = await assignFaces(args.run, args.features, {
      images: flags.images,
      ids: flags.ids,
      output: flags.output,
      fixed: flags.fixed,
      ...(await this.hearers(flags.quiet)),
    });
    this.say(assignText(found));
    return found;
  }
}
