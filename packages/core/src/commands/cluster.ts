import { Args, Flags } from '@oclif/core';
import type { ClusteredFaces } from '../cluster/cluster-faces.js';
import { settingFlag } from '../flags.js';
import { L2cCommand } from '../l2c-command.js';

export default class Cluster extends L2cCommand {
  static override summary = 'Clusters faces without labels, options or a pipeline file.';
  static override description =
    "Infomap on the graph of nearest neighbours, at the threshold its clusters depend on least. Writes a folder: clusters.csv with a line for each face, clusters/ with labels.meta and metrics.json, report.html to look at, and cluster.yaml, the pipeline it ran with every option and what --set gave. These files of an earlier call are replaced as a whole; other files in the folder stay, and one that is in the way and not of l2c is refused. In clusters.csv, an image or id that a spreadsheet program would take for a formula (it begins with = + - @ or a tab, and is no number), or that begins with ', has a ' put in front: take one ' off to have it as it was.";
  static override examples = [
    '<%= config.bin %> cluster faces.npy',
    '<%= config.bin %> cluster faces.bin --dim 512 --images images.txt --output people',
    '<%= config.bin %> cluster faces.npy --set deoverlapper.threshold=0.5 --json',
  ];
  static override args = {
    features: Args.string({ description: 'Embeddings, a row per face: .npy, .npz or .bin.', required: true }),
  };
  static override flags = {
    dim: Flags.integer({ description: 'Numbers a row, for .bin.', min: 1 }),
    images: Flags.string({
      description:
        "Text file of each face's image, a line each: paths or addresses. The report shows them, and clusters.csv lists them.",
    }),
    ids: Flags.string({ description: 'The same for a name of each face.' }),
    output: Flags.string({ description: 'Folder for the results; default: NAME-clusters beside the features.' }),
    set: settingFlag('pipeline that runs, such as deoverlapper.threshold'),
    quiet: Flags.boolean({ description: 'No progress on stderr.' }),
  };

  async run(): Promise<ClusteredFaces> {
    const { args, flags } = await this.parse(Cluster);
    const { clusterFaces } = await import('../cluster/cluster-faces.js');
    const { clusterText } = await import('../report/cluster-text.js');
    const found = await clusterFaces(args.features, {
      dim: flags.dim,
      images: flags.images,
      ids: flags.ids,
      output: flags.output,
      settings: flags.set,
      ...(await this.hearers(flags.quiet || this.jsonEnabled())),
    });
    this.log(clusterText(found));
    return found;
  }
}
