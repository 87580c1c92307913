import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { stringify } from 'yaml';
import { createCompute } from '../compute/compute.js';
import { clusterSizes } from '../data/labels.js';
import { problem } from '../errors.js';
import { writeAtomic } from '../formats/atomic.js';
import { inspectFeatures, readFeatures } from '../formats/features-file.js';
import { readLines } from '../formats/lines-file.js';
import { readMeta, writeMeta } from '../formats/meta.js';
import { makeDirectory } from '../pipeline/artifacts.js';
import type { Outcome } from '../pipeline/outcome.js';
import { runFile } from '../pipeline/run-file.js';
import type { RunOptions } from '../pipeline/session.js';
import type { PipelineSummary } from '../pipeline/summary.js';
import { planFile } from '../pipeline/validate.js';
import { RunReport } from '../report/html/run-report.js';
import type { Log } from '../stages/services.js';
import { clustersCsv } from './clusters-csv.js';
import { analyseClusters, type ClusterAnalysis } from './cluster-analysis.js';
import type { Cohesion } from './cluster-cohesion.js';
import { reviewOf, type Review } from './cluster-review.js';
import { decidingLinks } from './deciding-links.js';

export interface ClusterFacesOptions extends Pick<RunOptions, 'log' | 'observer' | 'signal'> {
  /** Numbers a row, for features in .bin. */
  readonly dim?: number | undefined;
  /** A text file with the path or address of each face's image, a line each. */
  readonly images?: string | undefined;
  /** A text file with a name of each face, a line each. */
  readonly ids?: string | undefined;
  readonly output?: string | undefined;
  /** Overrides of the pipeline: `deoverlapper.threshold=0.5`. */
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
  readonly files: {
    readonly clusters: string;
    readonly labels: string;
    /** Absent, as is `report`, where a single face left nothing to run. */
    readonly pipeline: string | undefined;
    readonly report: string | undefined;
  };
}

/** Neighbours to begin with, and the most. */
const [fewNeighbours, mostNeighbours] = [80, 640];
/** A graph of twice the neighbours that makes the largest cluster larger by less than this share shows nothing new. */
const worthwhile = 0.02;

/**
 * Clusters faces without labels, options or a file: Infomap on the kNN graph, at the threshold its clusters depend on least.
 * Neighbours are doubled while the largest cluster has more faces than a face has neighbours, and grows. Rows that are no embedding are left
 * out. Writes `clusters.csv` (a row per face), `clusters/labels.meta`, `report.html` and `cluster.yaml`, an ordinary pipeline to go on with.
 *
 * @throws L2cError E_FILE, E_DATA, E_OUTPUT, E_MEMORY
 */
export async function clusterFaces(file: string, options: ClusterFacesOptions): Promise<ClusteredFaces> {
  const form = options.dim === undefined ? {} : { dim: options.dim };
  const { n } = await inspectFeatures(file, form);
  const columns = new Map<string, readonly string[]>();
  for (const [title, path] of Object.entries({ id: options.ids, image: options.images })) {
    if (path !== undefined) columns.set(title, await readLines(path, n));
  }
  const output = resolve(options.output ?? join(dirname(file), `${basename(file, extname(file))}-clusters`));
  await makeDirectory(output);
  const { features, kept } = await readFeatures(file, { normalise: true, onInvalid: 'drop', ...form });
  if (features.n === 0) {
    throw problem(
      'E_DATA',
      file,
      'no row is an embedding: all are zero, NaN or infinite',
      'look at what made the file',
    );
  }
  const quiet = { ...options, log: { ...options.log, info: () => undefined } };
  const run =
    features.n === 1
      ? await writeSingle(n, kept?.[0] ?? 0, output)
      : await runGrowing(file, features.n, output, quiet, options.log);
  const labels = { values: run.all.filter((label) => label !== -1), clusters: run.clusters };
  const rows = kept ?? Int32Array.from({ length: features.n }, (_, i) => i);
  const links = run.outcome && decidingLinks(run.outcome.state);
  const compute = await createCompute({ engine: 'auto', device: 'auto', threads: 0 }, quiet.log);
  const analysis = await analyseClusters(features, labels, links, { compute, signal: options.signal });
  const { cohesion } = analysis;
  const csv = join(output, 'clusters.csv');
  await writeAtomic(csv, clustersCsv({ labels: run.all, rows, cohesion, columns }));
  const report = run.outcome && (await writeReport(output, run.outcome, analysis, options.log));
  return {
    faces: n,
    invalid: n - features.n,
    ...countsOf(cohesion),
    k: run.k,
    threshold: run.outcome && thresholdOf(run.outcome.summary),
    review: reviewOf(analysis, rows),
    files: { clusters: csv, labels: join(output, 'clusters', 'labels.meta'), pipeline: run.pipeline, report },
  };
}

interface FoundClusters {
  /** (rows of the file) -1 where a row is no embedding. */
  readonly all: Int32Array;
  readonly clusters: number;
  readonly k: number;
  /** Absent, as is `pipeline`, where there was nothing to run. */
  readonly outcome?: Outcome;
  readonly pipeline?: string;
}

/** The only face of a file is a cluster. */
async function writeSingle(n: number, row: number, output: string): Promise<FoundClusters> {
  const all = new Int32Array(n).fill(-1);
  all[row] = 0;
  await makeDirectory(join(output, 'clusters'));
  await writeMeta(join(output, 'clusters', 'labels.meta'), all);
  return { all, clusters: 1, k: 0 };
}

/** Runs with ever more neighbours, as long as that makes the largest cluster larger; `log` hears of it. */
async function runGrowing(
  file: string,
  n: number,
  output: string,
  { dim, settings = [], images, ids, ...hearers }: ClusterFacesOptions,
  log: Log,
): Promise<FoundClusters> {
  const pipeline = join(output, 'cluster.yaml');
  const near = (path: string | undefined): string | undefined => path && relative(output, resolve(path));
  const data = { features: near(file), dim, ids: near(ids), images: near(images), onInvalid: 'drop' };
  let before = 0;
  for (let k = Math.min(fewNeighbours, n - 1); ; k = Math.min(2 * k, mostNeighbours, n - 1)) {
    await writeAtomic(
      pipeline,
      `# What \`l2c cluster\` ran. Go on from here: l2c run ${basename(pipeline)}\n${stringify({ data, pipelines: { clusters: { preset: 'core/auto', knnBuilder: { k } } } })}`,
    );
    const plan = await planFile(pipeline, { settings: settings.map((setting) => `pipelines.clusters.${setting}`) });
    let outcome: Outcome | undefined;
    const onOutcome = async (ended: Outcome): Promise<void> => void (outcome = ended);
    const [summary] = await runFile(plan, { ...hearers, only: [], output, keep: false, cache: true, onOutcome });
    const { clusters } = summary;
    const all = await readMeta(join(summary.output, 'labels.meta'));
    const largest = largestOf(clusterSizes({ values: all.filter((label) => label !== -1), clusters }));
    const grows = largest > (1 + worthwhile) * before;
    if (largest <= k || !grows || k === n - 1 || k === mostNeighbours)
      return { all, clusters, k, outcome: outcome!, pipeline };
    log.info(`the largest cluster has ${largest} faces and a face ${k} neighbours: looks at more`);
    before = largest;
  }
}

async function writeReport(
  output: string,
  outcome: Outcome,
  analysis: ClusterAnalysis,
  log: Log,
): Promise<string | undefined> {
  const report = new RunReport(output, log);
  await report.add(outcome, analysis);
  return report.write();
}

function largestOf(sizes: Int32Array): number {
  return sizes.reduce((most, size) => Math.max(most, size), 0);
}

function countsOf({ sizes }: Cohesion): Pick<ClusteredFaces, 'clusters' | 'singletons' | 'largest'> {
  const singletons = sizes.reduce((sum, size) => sum + (size === 1 ? 1 : 0), 0);
  return { clusters: sizes.length - singletons, singletons, largest: largestOf(sizes) };
}

/** What the stage that chose a threshold recorded of it. */
function thresholdOf({ stages }: PipelineSummary): FoundThreshold | undefined {
  const fact = stages.find(({ kind }) => kind === 'deoverlapper')?.facts['threshold'];
  if (typeof fact !== 'object' || fact === null) return undefined;
  const { chosen, stability, plateau, doubt } = fact as FoundThreshold;
  return { chosen, stability, plateau, doubt };
}
