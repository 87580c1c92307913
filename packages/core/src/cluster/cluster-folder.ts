import { existsSync } from 'node:fs';
import { open, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../errors.js';
import { removeFiles, writeAtomic } from '../formats/atomic.js';
import { writeMeta } from '../formats/meta.js';
import { makeDirectory } from '../pipeline/artifacts.js';
import { jsonNumbers } from '../pipeline/output.js';
import { isClustersCsv } from './clusters-csv.js';
import { withEstimate, type QualityEstimate } from './quality-estimate.js';

/** The folder in it that a run writes to. */
export const resultsName = 'clusters';

const heading = '# What `l2c cluster` ran.';

/** Text of `cluster.yaml`, given what ran as a pipeline file. */
export const clusterYaml = (pipeline: string): string =>
  `${heading} Go on from here: l2c run cluster.yaml\n${pipeline}`;

/** What is to be written: `pipeline` as a pipeline file; absent where there was nothing to run. */
interface ClusterFiles {
  readonly pipeline: string | undefined;
  /** (rows of the file) clusters, -1 where a row is no embedding. */
  readonly labels: Int32Array;
  readonly csv: string;
  /** Absent where nothing is estimated. */
  readonly quality: QualityEstimate | undefined;
}

/**
 * The folder of `l2c cluster`: `clusters.csv`, `cluster.yaml`, `report.html`, and in `clusters/` what a run writes. These files of an earlier call
 * are replaced all together, and only if they are of one; whatever else lies there is left alone.
 */
export class ClusterFolder {
  private isMine = false;

  private constructor(
    readonly path: string,
    private readonly wasThere: readonly boolean[],
  ) {}

  /** Writes nothing yet. Throws an L2cError E_OUTPUT where a file of somebody else is in the way, or a result that has grown. */
  static async claim(path: string): Promise<ClusterFolder> {
    const folder = new ClusterFolder(
      path,
      [path, join(path, resultsName)].map((at) => existsSync(at)),
    );
    const { csv, yaml, report, results } = folder.names();
    const foreign = async (file: string, isOwn: (text: string) => boolean): Promise<boolean> =>
      existsSync(file) && !isOwn(await beginningOf(file));
    const isOwn = [csv, yaml, join(path, '.cache')].some((file) => existsSync(file));
    const inTheWay = [
      ...((await foreign(csv, isClustersCsv)) ? [csv] : []),
      ...((await foreign(yaml, (text) => text.startsWith(heading))) ? [yaml] : []),
      ...(isOwn ? [] : [report, ...results].filter((file) => existsSync(file))),
    ];
    if (inTheWay.length === 0) {
      await refuseGrown(path, results[1]);
      return folder;
    }
    const wayOut = 'move it, or choose another folder with --output';
    throw problem('E_OUTPUT', inTheWay[0], 'is there already, and not from `l2c cluster`', wayOut);
  }

  /** A run has written its results: those of an earlier call are no longer true. */
  async begin(): Promise<void> {
    this.isMine = true;
    const { csv, yaml, report } = this.names();
    await removeFiles([csv, yaml, report]);
  }

  /** Writes the results, in place of all earlier ones; where nothing ran, the labels too. Absolute paths. */
  async write({ pipeline, labels, csv: rows, quality }: ClusterFiles) {
    const { csv, yaml, results } = this.names();
    await this.begin();
    if (pipeline === undefined) {
      await removeFiles(results);
      await makeDirectory(join(this.path, resultsName));
      await writeMeta(results[0], labels);
    } else {
      await writeEstimate(results[1], quality);
      await writeAtomic(yaml, clusterYaml(pipeline));
    }
    await writeAtomic(csv, rows);
    return { clusters: csv, labels: results[0], pipeline: pipeline === undefined ? undefined : yaml };
  }

  /** After a failure: takes away what this call has written, and folders it made where they are empty. The cache of finished stages stays. */
  async abandon(): Promise<void> {
    const { csv, yaml, report, results } = this.names();
    if (this.isMine) await removeFiles([csv, yaml, report, ...results]).catch(() => undefined);
    const made = [this.path, join(this.path, resultsName)].filter((_, at) => !this.wasThere[at]);
    for (const folder of made.reverse()) await rmdir(folder).catch(() => undefined);
  }

  private names() {
    const results = ['labels.meta', 'metrics.json', 'pipeline.yaml'].map((name) => join(this.path, resultsName, name));
    return {
      csv: join(this.path, 'clusters.csv'),
      yaml: join(this.path, 'cluster.yaml'),
      report: join(this.path, 'report.html'),
      results,
    };
  }
}

/** Adds to what a run wrote of itself. */
async function writeEstimate(path: string, quality: QualityEstimate | undefined): Promise<void> {
  const record = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeAtomic(path, `${JSON.stringify(withEstimate(record, quality), jsonNumbers, 2)}\n`);
}

/** Enough of a file to tell whose it is; nothing of one that can't be read. */
async function beginningOf(file: string): Promise<string> {
  const opened = await open(file).catch(() => undefined);
  try {
    const { buffer, bytesRead } = (await opened?.read(Buffer.alloc(256), 0, 256, 0)) ?? { bytesRead: 0 };
    return buffer === undefined ? '' : buffer.toString('utf8', 0, bytesRead);
  } catch {
    return ''; // a folder
  } finally {
    await opened?.close();
  }
}

/** The ids of a result that faces were assigned to, one batch after another, are nowhere else. */
async function refuseGrown(folder: string, metrics: string): Promise<void> {
  if (!existsSync(metrics)) return;
  let record: unknown;
  try {
    record = JSON.parse(await readFile(metrics, 'utf8'));
  } catch {
    return; // no result to be lost
  }
  if ((record as { assigned?: unknown } | null)?.assigned === undefined) return;
  const wayOut =
    'choose another folder with --output, or remove this one; l2c cluster DIR --update renews its clusters';
  throw problem(
    'E_OUTPUT',
    folder,
    'holds a result that faces were assigned to, whose cluster numbers would be lost',
    wayOut,
  );
}
