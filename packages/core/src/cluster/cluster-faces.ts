import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { createCompute } from '../compute/compute.js';
import { problem } from '../errors.js';
import { inspectFeatures, readFeatures } from '../formats/features-file.js';
import type { RunOptions } from '../pipeline/session.js';
import type { PipelineSummary } from '../pipeline/summary.js';
import type { Log } from '../stages/services.js';
import { ClusterFolder } from './cluster-folder.js';
import { clustersCsv } from './clusters-csv.js';
import { cohesionOf, type Cohesion } from './cluster-cohesion.js';
import { reviewOf, type Review } from './cluster-review.js';
import { growingRuns, type HeldLog } from './growing-runs.js';

export interface ClusterFacesOptions extends Pick<RunOptions, 'log' | 'observer' | 'signal'> {
  /** Numbers a row, for features in .bin. */
  readonly dim?: number | undefined;
  /** A text file with the path or address of each face's image, a line each. */
  readonly images?: string | undefined;
  /** A text file with a name of each face, a line each. */
  readonly ids?: string | undefined;
  readonly output?: string | undefined;
  /** Overrides of the pipeline, in order: `deoverlapper.threshold=0.5`. */
  readonly settings?: readonly string[];
}

/** The threshold that was found, and how sure it is. */
export interface FoundThreshold {
  readonly chosen: number;
  readonly stability: number;
  readonly plateau: readonly [number, number];
  readonly doubt: string | undefined;
}

export interface ClusteredFaces {
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
  readonly files: { readonly clusters: string; readonly labels: string; readonly pipeline: string | undefined };
}

/** Of fewer faces the stability says little: strangers, too, stay joined or apart over long stretches. */
const fewFaces = 20;

/**
 * Clusters faces without labels, options or a file: Infomap on the kNN graph, at the threshold its clusters depend on least.
 * Rows that are no embedding are left out. Writes `clusters.csv` (a row per face), `clusters/` (labels and metrics of the run) and
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
  const columns = new Map<string, readonly string[]>();
  for (const [title, path] of Object.entries({ id: options.ids, image: options.images })) {
    if (path !== undefined) columns.set(title, await readLines(path, n));
  }
  const { features, kept } = await readFeatures(file, { normalise: true, onInvalid: 'drop', ...form });
  if (features.n === 0) {
    throw problem(
      'E_DATA',
      file,
      'no row is an embedding: all are zero, NaN or infinite',
      'look at what made the file',
    );
  }
  const run = features.n === 1 ? undefined : await growingRuns(file, features.n, folder, options, held);
  const all = run?.all ?? onlyFace(n, kept?.[0] ?? 0);
  const labels = { values: all.filter((label) => label !== -1), clusters: run?.summary.clusters ?? 1 };
  const cohesion = cohesionOf(features, labels);
  const compute = await createCompute({ engine: 'auto', device: 'auto', threads: 0 }, held.log);
  const review = await reviewOf(cohesion, { compute, signal: options.signal });
  const rows = kept ?? Int32Array.from({ length: features.n }, (_, i) => i);
  const files = await folder.write({
    pipeline: run?.pipeline,
    labels: all,
    csv: clustersCsv({ labels: all, rows, cohesion, columns }),
  });
  return {
    faces: n,
    invalid: n - features.n,
    ...countsOf(cohesion),
    k: run?.k ?? 0,
    threshold: run && thresholdOf(run.summary),
    review,
    files,
  };
}

/** (n) labels where a single row is an embedding. */
function onlyFace(n: number, row: number): Int32Array {
  const all = new Int32Array(n).fill(-1);
  all[row] = 0;
  return all;
}

function countsOf({ sizes }: Cohesion): Pick<ClusteredFaces, 'clusters' | 'singletons' | 'largest'> {
  const singletons = sizes.reduce((sum, size) => sum + (size === 1 ? 1 : 0), 0);
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
  return { clusters: sizes.length - singletons, singletons, largest };
}

/** What the stage that chose a threshold recorded of it. */
function thresholdOf({ stages, instances }: PipelineSummary): FoundThreshold | undefined {
  const fact = stages.find(({ kind }) => kind === 'deoverlapper')?.facts['threshold'];
  if (typeof fact !== 'object' || fact === null) return undefined;
  const { chosen, stability, plateau, doubt } = fact as FoundThreshold;
  const few = `of ${instances} faces the stability says next to nothing: look at the clusters, or set a threshold that is known to suit your network`;
  return { chosen, stability, plateau, doubt: instances < fewFaces ? few : doubt };
}

/** A line for each face, without the byte order mark of some editors. Throws an L2cError E_DATA where their numbers differ. */
async function readLines(path: string, n: number): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw problem('E_FILE', path, 'can not be read', 'give a text file with a line for each face', cause);
  }
  const lines = text
    .replace(/^\ufeff/, '')
    .replace(/\r?\n$/, '')
    .split(/\r?\n/);
  if (lines.length === n) return lines;
  throw problem('E_DATA', path, `has ${lines.length} lines, and there are ${n} faces`, 'give a line for each face');
}
