import { join, relative, resolve } from 'node:path';
import { stringify } from 'yaml';
import { problem } from '../errors.js';
import type { ReadFeaturesResult } from '../formats/features-file.js';
import { readMeta } from '../formats/meta.js';
import { parsePipelineDocument } from '../pipeline/document.js';
import type { FilePlan } from '../pipeline/plan.js';
import { inputsOf } from '../pipeline/inputs.js';
import { printPlan } from '../pipeline/print.js';
import { runFile } from '../pipeline/run-file.js';
import type { FinishedPipeline } from '../pipeline/finished-pipeline.js';
import type { PipelineSummary } from '../pipeline/summary.js';
import { planDocument } from '../pipeline/validate.js';
import type { Log } from '../stages/services.js';
import type { ClusterFacesOptions } from './cluster-faces.js';
import { resultsName, type ClusterFolder } from './cluster-folder.js';
import { thresholdOf } from './found-threshold.js';
import { tornShare } from './torn-faces.js';

/** Neighbours to begin with, and the most that are looked at without being asked to. */
export const fewNeighbours = 80;
const mostNeighbours = 640;
/** The same for all faces together: twice the neighbours take twice the time and memory. */
const mostLinks = 50e6;
/** Where so many faces are torn from others, twice the neighbours are looked at. */
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
 * Runs on the faces that were read from a file, at least 2, and again with twice the neighbours as long as clusters lie in parts that only a longer list would join, see {@link tornShare}.
 * A number of neighbours that is set stays, as does that of a method without a threshold of links.
 */
export async function growingRuns(
  file: string,
  read: ReadFeaturesResult,
  folder: ClusterFolder,
  options: ClusterFacesOptions,
  held: HeldLog,
): Promise<GrownRun> {
  const { settings = [], observer, signal } = options;
  const { n } = read.features;
  const isGiven = settings.some((setting) => /^knnBuilder(\.k)?=/.test(setting));
  const most = Math.min(mostNeighbours, Math.max(fewNeighbours, Math.floor(mostLinks / n)), n - 1);
  for (let wanted = Math.min(fewNeighbours, n - 1); ; wanted = Math.min(2 * wanted, most)) {
    const plan = await planWith(file, wanted, folder.path, options);
    const k = neighboursOf(plan) ?? wanted;
    held.forget();
    let finished: FinishedPipeline | undefined;
    const onFinished = async (ended: FinishedPipeline): Promise<void> => void (finished = ended);
    const heard = { log: held.log, observer, signal, onFinished };
    const inputs = await inputsOf(read, plan.data, plan.facts.n);
    const [summary] = await runFile(plan, {
      ...heard,
      inputs,
      only: [],
      output: folder.path,
      keep: false,
      cache: true,
    });
    if (wanted === Math.min(fewNeighbours, n - 1)) tellRecall(summary, n, options.log);
    await folder.begin();
    const torn = isGiven ? 0 : await tornShareOf(finished!, signal);
    if (torn < worthwhile || k >= most) {
      if (torn >= worthwhile)
        held.log.warn(`${tornText(torn, k)}; try --set knnBuilder.k=${2 * k}, for twice the time and memory`);
      const all = await readMeta(join(summary.output, 'labels.meta'));
      return { all, k, finished: finished!, pipeline: printPlan(plan, folder.path) };
    }
    options.log.info(`${tornText(torn, k)}: looks at more`);
  }
}

function tornText(share: number, k: number): string {
  return `${k} neighbours are too few for ${(100 * share).toFixed(0)} % of the faces: those as near behind them lie in other clusters`;
}

/** Of a finished run; 0 where nothing says from which similarity on it joined. */
async function tornShareOf(
  { session, result, summary, state, pipeline }: FinishedPipeline,
  signal: AbortSignal,
): Promise<number> {
  const { features, knn } = state;
  const { scorers, deoverlapper } = pipeline.rounds.at(-1)!;
  const given = deoverlapper?.options['threshold'];
  const threshold = typeof given === 'number' ? given : thresholdOf(summary)?.chosen;
  if (knn === undefined || scorers.length > 0 || threshold === undefined) return 0;
  const { compute } = session.servicesFor('');
  return tornShare({ features, knn, labels: result.labels.values, threshold }, { compute, signal });
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
