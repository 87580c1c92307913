import { basename, dirname, extname, join, resolve } from 'node:path';
import { createCompute } from '../compute/create-compute.js';
import { problem } from '../errors.js';
import { inspectFeatures, readFeatures } from '../formats/features-file.js';
import { readGivenNames } from '../pipeline/face-names.js';
import type { FinishedPipeline } from '../pipeline/finished-pipeline.js';
import type { RunOptions } from '../pipeline/session.js';
import type { KnownClusters } from '../report/html/report-builder.js';
import { RunReport } from '../report/html/run-report.js';
import type { Log } from '../stages/services.js';
import { ClusterFolder } from './cluster-folder.js';
import { clustersCsv } from './clusters-csv.js';
import { analyseClusters } from './cluster-analysis.js';
import type { Cohesion } from './cluster-cohesion.js';
import { reviewOf, type Review } from './cluster-review.js';
import { decidingLinks } from './deciding-links.js';
import { columnsOf } from './face-columns.js';
import { thresholdOf, type FoundThreshold } from './found-threshold.js';
import { growingRuns, type HeldLog } from './growing-runs.js';
import { judgeClusters, type ClusterJudgement } from './judge-clusters.js';

export interface ClusterFacesOptions extends Pick<RunOptions, 'log' | 'observer' | 'signal'> {
  /** Numbers a row, for features in .bin. */
  readonly dim?: number | undefined;
  /** A text file with the path or address of each face's image, a line each, or a path that holds `{id}` or `{row}`. */
  readonly images?: string | undefined;
  /** A text file with a name of each face, a line each. */
  readonly ids?: string | undefined;
  readonly output?: string | undefined;
  /** Overrides of the pipeline, in order: `deoverlapper.threshold=0.5`. */
  readonly settings?: readonly string[];
}

export interface ClusteredFaces extends ClusterJudgement {
  /** Rows of the file. */
  readonly faces: number;
  /** Rows left out: NaN, infinite or all zero. Their cluster is -1. */
  readonly invalid: number;
  /** Of two faces or more. */
  readonly clusters: number;
  readonly singletons: number;
  /** Faces of the largest cluster. */
  readonly largest: number;
  /** Neighbours of each face that were looked at. */
  readonly k: number;
  /** Absent where a number was given, or nothing was to be found. */
  readonly threshold: FoundThreshold | undefined;
  readonly review: Review;
  /** Absolute paths. */
  readonly files: {
    readonly clusters: string;
    readonly labels: string;
    /** Absent, as is `report`, where a single face left nothing to run. */
    readonly pipeline: string | undefined;
    readonly report: string | undefined;
  };
}

/**
 * Clusters faces without labels, options or a file: Infomap on the kNN graph, at the threshold its clusters depend on least.
 * Rows that are no embedding are left out. Writes `clusters.csv` (a row per face), `clusters/` (labels of the run, and in its `metrics.json` the estimate), `report.html` and
 * `cluster.yaml`, the pipeline that ran, every option filled in. What an earlier call wrote there is replaced as a whole; other files
 * are left alone, see {@link ClusterFolder}. A call that fails leaves no results, its own or a part of the earlier ones.
 *
 * @throws L2cError E_FILE, E_DATA, E_USAGE, E_CONFIG, E_OUTPUT, E_MEMORY
 */
export async function clusterFaces(file: string, options: ClusterFacesOptions): Promise<ClusteredFaces> {
  const warnings = new Set<string>();
  const log: Log = { ...options.log, info: () => undefined, warn: (message) => void warnings.add(message) };
  const folder = await ClusterFolder.claim(
    resolve(options.output ?? join(dirname(file), `${basename(file, extname(file))}-clusters`)),
  );
  try {
    return await clusterInto(folder, file, options, { log, forget: () => warnings.clear() });
  } catch (error) {
    await folder.abandon();
    throw error;
  } finally {
    for (const warning of warnings) options.log.warn(warning);
  }
}

async function clusterInto(
  folder: ClusterFolder,
  file: string,
  options: ClusterFacesOptions,
  held: HeldLog,
): Promise<ClusteredFaces> {
  const form = options.dim === undefined ? {} : { dim: options.dim };
  const { n } = await inspectFeatures(file, form);
  const names = await readGivenNames({ features: file, ids: options.ids, images: options.images }, n);
  const read = await readFeatures(file, { normalise: true, onInvalid: 'drop', ...form });
  const { features, kept } = read;
  if (features.n === 0) {
    throw problem(
      'E_DATA',
      file,
      'no row is an embedding: all are zero, NaN or infinite',
      'look at what made the file',
    );
  }
  const run = features.n === 1 ? undefined : await growingRuns(file, read, folder, options, held);
  const all = run?.all ?? onlyFace(n, kept?.[0] ?? 0);
  const labels = { values: all.filter((label) => label !== -1), clusters: run?.finished.summary.clusters ?? 1 };
  const compute = await createCompute({ engine: 'auto', device: 'auto', threads: 0 }, held.log);
  const links = run && decidingLinks(run.finished.state);
  const analysis = await analyseClusters(features, labels, links, { compute, signal: options.signal });
  const { cohesion } = analysis;
  const rows = kept ?? Int32Array.from({ length: features.n }, (_, i) => i);
  const threshold = run && thresholdOf(run.finished.summary);
  const judgement = judgeClusters({ features, labels, links, rows }, analysis, threshold !== undefined);
  const files = await folder.write({
    pipeline: run?.pipeline,
    labels: all,
    csv: clustersCsv({ labels: all, rows, cohesion, columns: columnsOf(names) }),
    quality: judgement.quality,
  });
  options.signal.throwIfAborted();
  return {
    faces: n,
    invalid: n - features.n,
    ...countsOf(cohesion),
    k: run?.k ?? 0,
    threshold,
    ...judgement,
    review: reviewOf(analysis, rows),
    files: {
      ...files,
      report: run && (await writeReport(folder.path, run.finished, { ...judgement, analysis }, held.log)),
    },
  };
}

/** (n) labels where a single row is an embedding. */
function onlyFace(n: number, row: number): Int32Array {
  const all = new Int32Array(n).fill(-1);
  all[row] = 0;
  return all;
}

async function writeReport(
  output: string,
  finished: FinishedPipeline,
  known: KnownClusters,
  log: Log,
): Promise<string | undefined> {
  const report = new RunReport(output, log);
  await report.add(finished, known);
  return report.write();
}

function countsOf({ sizes }: Cohesion): Pick<ClusteredFaces, 'clusters' | 'singletons' | 'largest'> {
  const singletons = sizes.reduce((sum, size) => sum + (size === 1 ? 1 : 0), 0);
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
  return { clusters: sizes.length - singletons, singletons, largest };
}
