import { join, relative, resolve } from 'node:path';
import { stringify } from 'yaml';
import { clusterSizes } from '../data/labels.js';
import { problem } from '../errors.js';
import { readMeta } from '../formats/meta.js';
import { parsePipelineDocument } from '../pipeline/document.js';
import type { FilePlan } from '../pipeline/plan.js';
import { printPlan } from '../pipeline/print.js';
import { runFile } from '../pipeline/run-file.js';
import type { FinishedPipeline } from '../pipeline/finished-pipeline.js';
import type { PipelineSummary } from '../pipeline/summary.js';
import { planDocument } from '../pipeline/validate.js';
import type { Log } from '../stages/services.js';
import type { ClusterFacesOptions } from './cluster-faces.js';
import { resultsName, type ClusterFolder } from './cluster-folder.js';

/** Neighbours to begin with, and the most. */
export const [fewNeighbours, mostNeighbours] = [80, 640];
/** A graph of twice the neighbours that makes the largest cluster larger by less than this share shows nothing new. */
const worthwhile = 0.02;

/** A log that keeps warnings back: of several runs only the last one's are to be heard. */
export interface HeldLog {
  readonly log: Log;
  forget(): void;
}

/** The last of the runs. */
export interface GrownRun {
  /** (rows of the file) clusters, -1 where a row is no embedding. */
  readonly all: Int32Array;
  readonly k: number;
  readonly finished: FinishedPipeline;
  /** What ran, as a pipeline file. */
  readonly pipeline: string;
}

/**
 * Runs on n faces, at least 2, and again with twice the neighbours as long as the largest cluster has more faces than a face has
 * neighbours, and grows. A number of neighbours that is set stays.
 */
export async function growingRuns(
  file: string,
  n: number,
  folder: ClusterFolder,
  options: ClusterFacesOptions,
  held: HeldLog,
): Promise<GrownRun> {
  const { settings = [], observer, signal } = options;
  const isGiven = settings.some((setting) => /^knnBuilder(\.k)?=/.test(setting));
  let before = 0;
  for (let wanted = Math.min(fewNeighbours, n - 1); ; wanted = Math.min(2 * wanted, mostNeighbours, n - 1)) {
    const plan = await planWith(file, wanted, folder.path, options);
    const k = neighboursOf(plan) ?? wanted;
    held.forget();
    let finished: FinishedPipeline | undefined;
    const onFinished = async (ended: FinishedPipeline): Promise<void> => void (finished = ended);
    const heard = { log: held.log, observer, signal, onFinished };
    const [summary] = await runFile(plan, { ...heard, only: [], output: folder.path, keep: false, cache: true });
    if (before === 0) tellRecall(summary, n, options.log);
    await folder.begin();
    const all = await readMeta(join(summary.output, 'labels.meta'));
    const values = all.filter((label) => label !== -1);
    const largest = clusterSizes({ values, clusters: summary.clusters }).reduce(
      (most, size) => Math.max(most, size),
      0,
    );
    const grows = largest > (1 + worthwhile) * before;
    if (isGiven || largest <= k || !grows || k >= Math.min(n - 1, mostNeighbours)) {
      return { all, k, finished: finished!, pipeline: printPlan(plan, folder.path) };
    }
    options.log.info(`the largest cluster has ${largest} faces and a face ${k} neighbours: looks at more`);
    before = largest;
  }
}

/** Says that neighbours are approximate, where they are: so many faces are not all compared. */
function tellRecall({ stages }: PipelineSummary, n: number, log: Log): void {
  const near = stages.find(({ kind }) => kind === 'knnBuilder')?.facts['nearRecall'];
  if (typeof near !== 'number') return;
  const share = `${(100 * near).toFixed(1)} %`;
  log.info(`not all pairs of ${n} faces are compared: ${share} of near neighbours are found; "exact" finds all`);
}

/** The pipeline with the user's settings, checked; nothing is written. */
async function planWith(
  file: string,
  k: number,
  output: string,
  { dim, ids, images, settings = [] }: ClusterFacesOptions,
): Promise<FilePlan> {
  for (const setting of settings) {
    if (!/^(data|pipelines)\b/.test(setting)) continue;
    const wayOut = 'set options of its stages, for instance deoverlapper.threshold=0.5, or write a file for `l2c run`';
    throw problem('E_USAGE', `--set ${setting}`, 'the data, and which pipeline runs, are not to be set here', wayOut);
  }
  const near = (path: string | undefined): string | undefined => path && relative(output, resolve(path));
  const data = { features: near(file), dim, ids: near(ids), images: near(images), onInvalid: 'drop' };
  const text = stringify({ data, preset: 'core/auto', knnBuilder: { k } });
  const plan = await planDocument(parsePipelineDocument(text, join(output, 'cluster.yaml'), settings));
  return { ...plan, pipelines: plan.pipelines.map((pipeline) => ({ ...pipeline, name: resultsName })) };
}

function neighboursOf({ pipelines: [{ rounds }] }: FilePlan): number | undefined {
  const k = rounds[0].knnBuilder?.options['k'];
  return typeof k === 'number' ? k : undefined;
}
