import { join } from 'node:path';
import { createCompute } from '../compute/compute.js';
import type { Metrics } from '../data/metrics.js';
import { L2cError, problem, type Problem } from '../errors.js';
import type { ServicesFactory } from '../stages/tokens.js';
import type { Log, Progress } from '../stages/services.js';
import { createRandom } from '../stages/random.js';
import { ArtifactStore } from './artifacts.js';
import { readInputs, type Inputs } from './inputs.js';
import { pipelineKeys, type RoundKeys } from './keys.js';
import { OutputFolder } from './output.js';
import type { FilePlan, PipelinePlan, StagePlan } from './plan.js';
import { FactBook, runPipeline, type PipelineResult, type RunObserver, type StageReport } from './run.js';
import { wire } from './wire.js';

/** What a caller of {@link runFile} decides. */
export interface RunOptions {
  /** Where results go, absolute. */
  readonly output: string;
  /** False: nothing is read from the cache or written to it. */
  readonly cache: boolean;
  /** Also write each stage's result as .npz. */
  readonly keep: boolean;
  /** Names of the pipelines to run; all where empty. */
  readonly only: readonly string[];
  readonly log: Log;
  readonly observer: RunObserver & { progress: Progress };
  readonly signal: AbortSignal;
}

/** One row of the comparison table. */
export interface PipelineSummary {
  readonly pipeline: string;
  /** undefined without labels. */
  readonly metrics: Metrics | undefined;
  readonly instances: number;
  readonly clusters: number;
  readonly singletons: number;
  /** Sum over the stages, each timed when it was computed. */
  readonly seconds: number;
  /** Highest of the stages. */
  readonly peakBytes: number;
  readonly cachedStages: number;
  readonly stages: readonly StageReport[];
  /** Absolute folder of its results. */
  readonly output: string;
}

/** A file in the midst of being run: everything its pipelines share. */
export interface Session {
  readonly plan: FilePlan;
  readonly inputs: Inputs;
  readonly store: ArtifactStore;
  readonly facts: FactBook;
  readonly servicesFor: ServicesFactory;
}

/** Loads the data and the engine, and opens the cache. */
export async function openSession(plan: FilePlan, options: RunOptions): Promise<Session> {
  const { log, signal, observer, output, cache } = options;
  const inputs = await readInputs(plan.data, plan.facts.n);
  if (inputs.kept !== undefined)
    log.warn(
      `${inputs.rows - inputs.features.n} of ${inputs.rows} rows are invalid and were dropped; their label is -1`,
    );
  const store = new ArtifactStore(join(output, '.cache'), log, cache);
  store.removeLeftovers();
  const compute = await createCompute(plan.compute, log);
  const facts = new FactBook();
  const servicesFor: ServicesFactory = (label) => ({
    log,
    signal,
    compute,
    progress: observer.progress,
    random: createRandom,
    checkpoints: store.checkpoints(label),
    record: (name, fact) => facts.record(label, name, fact),
  });
  return { plan, inputs, store, facts, servicesFor };
}

/** Pipelines by name. Throws an L2cError E_USAGE for one that is not in the file. */
export function choosePipelines(plan: FilePlan, only: readonly string[]): readonly PipelinePlan[] {
  const unknown = only.filter((name) => !plan.pipelines.some((pipeline) => pipeline.name === name));
  if (unknown.length > 0) {
    const known = plan.pipelines.map(({ name }) => name).join(', ');
    throw new L2cError(
      unknown.map((name): Problem => ({
        code: 'E_USAGE',
        place: `--pipeline ${name}`,
        fact: 'is not in the file',
        wayOut: `known: ${known}`,
      })),
    );
  }
  return only.length === 0 ? plan.pipelines : plan.pipelines.filter(({ name }) => only.includes(name));
}

/** Runs the chosen pipelines of a checked file, writes each one's results, and returns the rows of the comparison. */
export async function runFile(plan: FilePlan, options: RunOptions): Promise<PipelineSummary[]> {
  const chosen = choosePipelines(plan, options.only);
  const output = await OutputFolder.open(options.output);
  const session = await openSession(plan, options);
  const { inputs, store, facts, servicesFor } = session;
  const jobs: { pipeline: PipelinePlan; keys: RoundKeys[] }[] = [];
  for (const pipeline of chosen) jobs.push({ pipeline, keys: await pipelineKeys(pipeline, inputs) });
  for (const { keys } of jobs) for (const key of keys.flatMap(keysOfRound)) store.expect(key);
  if (inputs.truth === undefined) options.log.info('no data.labels: clusters are written, nothing is evaluated');

  const summaries: PipelineSummary[] = [];
  for (const { pipeline, keys } of jobs) {
    const folder = await output.pipeline(pipeline.name);
    const observer: RunObserver = {
      stageStarted: (name, stage) => options.observer.stageStarted(name, stage),
      stageEnded: (name, report) => options.observer.stageEnded(name, report),
      roundEnded: async (_, round, state) => {
        if (options.keep) await folder.keepRound(state, round, pipeline.rounds.length);
      },
    };
    const result = await runPipeline(wire(pipeline, servicesFor), keys, inputs, store, facts, observer);
    const metrics = await evaluate(session, plan.evaluators, result);
    const summary = summarise(result, metrics, folder.path);
    await folder.write({ plan, pipeline, inputs, result, summary, compute: servicesFor('').compute });
    summaries.push(summary);
  }
  return summaries;
}

export const keysOfRound = ({ knn, proposals, scores, labels }: RoundKeys): string[] =>
  [knn, proposals, ...scores, labels].filter((key) => key !== undefined);

/** Runs evaluators over the instances whose identity is known; undefined where none is. */
async function evaluate(
  { inputs, servicesFor }: Session,
  evaluators: readonly StagePlan<'evaluator'>[],
  { labels }: PipelineResult,
): Promise<Metrics | undefined> {
  const { truth } = inputs;
  if (truth === undefined) return undefined;
  return evaluateLabels(truth, labels.values, evaluators, servicesFor);
}

/** See {@link Evaluator}: instances of unknown identity (-1) are left out before. */
export async function evaluateLabels(
  truth: Int32Array,
  predicted: Int32Array,
  evaluators: readonly StagePlan<'evaluator'>[],
  servicesFor: ServicesFactory,
): Promise<Metrics | undefined> {
  const known: number[] | undefined = truth.includes(-1) ? [...truth.keys()].filter((i) => truth[i] !== -1) : undefined;
  if (known?.length === 0) return undefined;
  const pick = (values: Int32Array): Int32Array =>
    known === undefined ? values : Int32Array.from(known, (i) => values[i]);
  const [a, b] = [pick(truth), pick(predicted)];
  const metrics: Record<string, number> = {};
  for (const { definition, options, fullName } of evaluators) {
    const made = await definition.create(options, servicesFor(fullName)).evaluate(a, b);
    for (const [name, value] of Object.entries(made)) {
      if (name in metrics) throw problem('E_CONFIG', 'evaluators', `two evaluators give "${name}"`, 'list one of them');
      metrics[name] = value;
    }
  }
  return metrics;
}

function summarise(
  { name, labels, stages }: PipelineResult,
  metrics: Metrics | undefined,
  output: string,
): PipelineSummary {
  const sizes = new Int32Array(labels.clusters);
  for (const label of labels.values) sizes[label]++;
  return {
    pipeline: name,
    metrics,
    instances: labels.values.length,
    clusters: labels.clusters,
    singletons: sizes.reduce((sum, size) => sum + (size === 1 ? 1 : 0), 0),
    seconds: stages.reduce((sum, { seconds }) => sum + seconds, 0),
    peakBytes: Math.max(0, ...stages.map(({ peakBytes }) => peakBytes)),
    cachedStages: stages.filter(({ cached }) => cached).length,
    stages,
    output,
  };
}
