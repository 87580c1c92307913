import { Args, Flags } from '@oclif/core';
import type { ClusteredFaces } from '../cluster/cluster-faces.js';
import type { UpdatedFaces } from '../cluster/update-faces.js';
import { problem } from '../errors.js';
import { quietFlag, settingFlag } from '../flags.js';
import { L2cCommand } from '../l2c-command.js';

export default class Cluster extends L2cCommand {
  static override summary = 'Clusters faces without labels, options or a pipeline file.';
  static override description =
    "Infomap on the graph of nearest neighbours, at the threshold its clusters depend on least. Writes a folder: clusters.csv with a line for each face, clusters/ with labels.meta and metrics.json (the estimate of precision and recall under estimateWithoutLabels), report.html to look at, and cluster.yaml, the pipeline it ran with every option and what --set gave. These files of an earlier call are replaced as a whole; other files in the folder stay, and one that is in the way and not of l2c is refused. In clusters.csv, an image or id that a spreadsheet program would take for a formula (it begins with = + - @ or a tab, and is no number), or that begins with ', has a ' put in front: take one ' off to have it as it was.";
  static override examples = [
    '<%= config.bin %> cluster faces.npy',
    '<%= config.bin %> cluster faces.bin --dim 512 --images images.txt --output people',
    '<%= config.bin %> cluster faces.npy --set deoverlapper.threshold=0.5 --json',
    '<%= config.bin %> cluster faces-clusters --update',
  ];
  static override args = {
    features: Args.string({
      description:
        'Embeddings, a row per face: .npy, .npz, .csv, .parquet or .bin. With --update the folder of a result.',
      required: true,
    }),
  };
  static override flags = {
    dim: Flags.integer({ description: 'Numbers a row, for .bin.', min: 1 }),
    images: Flags.string({
      description:
        "The faces' images: a text file with a path or address a line, or a path that holds {id} or {row}, such as photos/{id}.jpg. The report shows them, and clusters.csv lists them.",
    }),
    ids: Flags.string({
      description: 'Text file of a name of each face, a line each; default: those in a .csv or .parquet.',
    }),
    output: Flags.string({ description: 'Folder for the results; default: NAME-clusters beside the features.' }),
    set: settingFlag('pipeline that runs, such as deoverlapper.threshold'),
    update: Flags.boolean({
      description:
        'Clusters the result in a folder again, only where faces were assigned to it since, and estimates anew how good it is; ids go on with most of their faces.',
    }),
    quiet: quietFlag(),
  };

  async run(): Promise<ClusteredFaces | UpdatedFaces> {
    const { args, flags } = await this.parse(Cluster);
    const hearers = await this.hearers(flags.quiet);
    if (flags.update) {
      refuseOthers(flags);
      const { updateFaces } = await import('../cluster/update-faces.js');
      const { updateText } = await import('../report/grown-text.js');
      const updated = await updateFaces(args.features, { output: flags.output, ...hearers });
      this.say(updateText(updated));
      return updated;
    }
    const { clusterFaces } = await import('../cluster/cluster-faces.js');
    const { clusterText } = await import('../report/cluster-text.js');
    const found = await clusterFaces(args.features, {
      dim: flags.dim,
      images: flags.images,
      ids: flags.ids,
      output: flags.output,
      settings: flags.set,
      ...hearers,
    });
    this.say(clusterText(found));
    return found;
  }
}

/** What an update takes over from the result. */
function refuseOthers(flags: {
  dim?: number | undefined;
  images?: string | undefined;
  ids?: string | undefined;
  set: string[];
}): void {
  const given = (['dim', 'images', 'ids'] as const)
    .filter((name) => flags[name] !== undefined)
    .map((name) => `--${name}`);
  if (flags.set.length > 0) given.push('--set');
  if (given.length === 0) return;
  throw problem(
    'E_USAGE',
    given.join(', '),
    'can not stand beside --update',
    'leave it out: all is as the result says',
  );
}
