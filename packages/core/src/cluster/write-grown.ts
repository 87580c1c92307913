import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Features } from '../data/features.js';
import type { KnnGraph } from '../data/knn-graph.js';
import { problem } from '../errors.js';
import { removeFiles, writeAtomic } from '../formats/atomic.js';
import { featureBytes } from '../formats/bin.js';
import { FolderChange } from '../formats/folder-change.js';
import { writeMeta } from '../formats/meta.js';
import { formatNpyHeader } from '../formats/npy-header.js';
import { ArtifactStore, makeDirectory } from '../pipeline/artifacts.js';
import { knnCodec } from '../pipeline/codec.js';
import { featuresKeyOf } from '../pipeline/inputs.js';
import { pipelineKeys } from '../pipeline/keys.js';
import { jsonNumbers, ofExport } from '../pipeline/output.js';
import { printPlan } from '../pipeline/print.js';
import type { Log } from '../stages/services.js';
import { version } from '../version.js';
import { clustersCsv } from './clusters-csv.js';
import type { Cohesion } from './cluster-cohesion.js';
import { clusterYaml } from './cluster-folder.js';
import type { FaceColumns } from './face-columns.js';
import { grownPlan } from './grown-graph.js';
import { withEstimate, type QualityEstimate } from './quality-estimate.js';
import type { AssignedRecord, EarlierRun } from './run-folder.js';

export interface GrownRun {
  /** (n) of all faces, without rows that are none. */
  readonly features: Features;
  readonly graph: KnnGraph;
  /** (rows) ids of clusters, -1 = left out. */
  readonly labels: Int32Array;
  /** (n) rows of the faces. */
  readonly rows: Int32Array;
  readonly cohesion: Cohesion;
  readonly columns: FaceColumns;
  readonly counts: { readonly clusters: number; readonly singletons: number };
  readonly quality: QualityEstimate | undefined;
  readonly assigned: AssignedRecord;
}

export interface GrownFiles {
  readonly clusters: string;
  readonly labels: string;
  readonly pipeline: string;
  /** The report and exports of the earlier clusters that were there: they are removed. */
  readonly removed: readonly string[];
  /** Folders of images that `l2c export` made of the earlier clusters, where they are: the user's to remove. */
  readonly stale: string | undefined;
}

/**
 * Writes a grown result to `output`, all of it or nothing: what `l2c cluster` writes, and `features.npy` beside `labels.meta`, so that it
 * depends on no other file; the kNN graph goes to the cache, where the next batch and a whole run find it.
 *
 * @throws L2cError E_OUTPUT, also where the earlier run has changed since it was read
 */
export async function writeGrown(run: EarlierRun, grown: GrownRun, output: string, log: Log): Promise<GrownFiles> {
  await makeDirectory(output);
  const change = await FolderChange.begin(output);
  try {
    const folder = join(output, run.name);
    const features = join(folder, 'features.npy');
    const hash = await writeFeatureRows(await change.path(run.name, 'features.npy'), grown);
    const names = await writeNames(change, folder, run.name, grown.columns);
    const plan = grownPlan(run, { features, ...names }, grown.graph.k);
    const dropped = grown.features.n < grown.labels.length;
    const featuresKey = featuresKeyOf(hash, plan.data, grown.features.dim, dropped);
    const [{ knn: key }] = await pipelineKeys(plan.pipelines[0], { featuresKey, truthKey: '' });
    if (key !== undefined) {
      const store = new ArtifactStore(await change.path('.cache'), log);
      const cost = { seconds: 0, peakBytes: 0 };
      await store.resolve(key, knnCodec, async () => ({ value: grown.graph, cost, facts: {} }));
    }
    await writeMeta(await change.path(run.name, 'labels.meta'), grown.labels);
    await writeAtomic(await change.path(run.name, 'pipeline.yaml'), printPlan(plan, folder, plan.pipelines[0]));
    const record = recordOf(run, grown, features, featuresKey);
    await writeAtomic(await change.path(run.name, 'metrics.json'), `${JSON.stringify(record, jsonNumbers, 2)}\n`);
    const whole = existsSync(join(run.root, 'cluster.yaml'));
    const csv = whole ? ['clusters.csv'] : [run.name, 'clusters.csv'];
    await writeAtomic(await change.path(...csv), clustersCsv(grown));
    if (whole) await writeAtomic(await change.path('cluster.yaml'), clusterYaml(printPlan(plan, output)));
    await expectUnchanged(run);
    await change.commit();
    const csvPath = join(output, ...csv);
    const exports = (await readdir(folder)).filter((name) => ofExport.test(name)).sort();
    // what was made of the earlier clusters is no longer true
    const removed = [join(output, 'report.html'), ...exports.map((name) => join(folder, name))].filter(
      (path) => path !== csvPath && existsSync(path),
    );
    await removeFiles(removed);
    const images = join(folder, 'clusters');
    if (output === run.root) await forgetEarlier(run, features, key);
    const pipeline = whole ? join(output, 'cluster.yaml') : join(folder, 'pipeline.yaml');
    const stale = existsSync(images) ? images : undefined;
    return { clusters: csvPath, labels: join(folder, 'labels.meta'), pipeline, removed, stale };
  } finally {
    await change.abandon();
  }
}

/** A row for each row of the result, NaN where it is no face. Returns the SHA-256 of the file. */
async function writeFeatureRows(path: string, { features, labels, rows }: GrownRun): Promise<string> {
  const hash = createHash('sha256');
  const pieces = features.n === labels.length ? featureBytes(features) : spreadRows(features, rows, labels.length);
  await writeAtomic(
    path,
    (function* () {
      const header = formatNpyHeader('<f4', [labels.length, features.dim]);
      hash.update(header);
      yield header;
      for (const piece of pieces) {
        hash.update(piece);
        yield piece;
      }
    })(),
  );
  return hash.digest('hex');
}

/** The bytes of `count` rows, among them the features at `rows`, the others NaN. */
function* spreadRows(features: Features, rows: Int32Array, count: number): Generator<Uint8Array> {
  const { dim } = features;
  const atOnce = 1024;
  for (let first = 0, i = 0; first < count; first += atOnce) {
    const block = new Float32Array(Math.min(atOnce, count - first) * dim).fill(NaN);
    for (; i < rows.length && rows[i] < first + atOnce; i++) block.set(features.row(i), (rows[i] - first) * dim);
    yield new Uint8Array(block.buffer);
  }
}

function recordOf({ recordText }: EarlierRun, grown: GrownRun, features: string, featuresKey: string): object {
  const earlier = JSON.parse(recordText) as { data: object; versions?: object };
  return {
    ...withEstimate({ ...earlier, metrics: null }, grown.quality),
    counts: { rows: grown.labels.length, instances: grown.features.n, ...grown.counts },
    data: { ...earlier.data, features, featuresKey, labels: null },
    versions: { ...earlier.versions, l2c: version, node: process.versions.node },
    assigned: grown.assigned,
    finished: new Date().toISOString(),
  };
}

/** Writes what is known of each row beside the labels, a line each. Returns where it is to lie. */
async function writeNames(
  change: FolderChange,
  folder: string,
  name: string,
  columns: FaceColumns,
): Promise<{ ids: string | undefined; images: string | undefined }> {
  const write = async (title: string, file: string): Promise<string | undefined> => {
    const lines = columns.get(title);
    if (lines === undefined) return undefined;
    await writeAtomic(await change.path(name, file), `${lines.join('\n')}\n`);
    return join(folder, file);
  };
  return { ids: await write('id', 'ids.txt'), images: await write('image', 'images.txt') };
}

async function expectUnchanged({ root, name, recordText }: EarlierRun): Promise<void> {
  const path = join(root, name, 'metrics.json');
  if ((await readFile(path, 'utf8').catch(() => undefined)) === recordText) return;
  throw problem('E_OUTPUT', path, 'another run has changed it meanwhile', 'nothing was written: run this again');
}

/** Removes the graph of features that this change has replaced: nothing can ask for it any more. */
async function forgetEarlier(run: EarlierRun, features: string, keptKey: string | undefined): Promise<void> {
  if (run.plan.data.features !== features) return;
  const [{ knn: key }] = await pipelineKeys(run.plan.pipelines[0], run.inputs);
  if (key !== undefined && key !== keptKey) await rm(join(run.root, '.cache', `${key}.npz`), { force: true });
}
