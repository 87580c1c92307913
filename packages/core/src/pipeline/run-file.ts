import type { Metrics } from '../data/metrics.js';
import { L2cError } from '../errors.js';
import { repeatThresholds } from '../stages/threshold-option.js';
import { absentImages } from './absent-images.js';
import { evaluateLabels } from './evaluate-labels.js';
import { FailedRun, type Outcome } from './failed-run.js';
import { giantCluster } from './giant-cluster.js';
import { keysOfRound, pipelineKeys, type RoundKeys } from './keys.js';
import { OutputFolder } from './output.js';
import type { FilePlan, PipelinePlan, StagePlan } from './plan.js';
import { runPipeline, type PipelineResult, type RunObserver, type RoundState } from './run.js';
import { choosePipelines, logOf, openSession, type RunOptions, type Session } from './session.js';
import { summarise, type PipelineSummary } from './summary.js';
import { wire } from './wire.js';

/**
 * Runs the chosen pipelines of a checked file, writes each one's results, and returns the rows of the comparison. A pipeline that
 * fails does not end the others: the FailedRun that is thrown at the end holds all rows.
 */
export async function runFile(plan: FilePlan, options: RunOptions): Promise<PipelineSummary[]> {
  const chosen = choosePipelines(plan, options.only);
  const output = await OutputFolder.open(options.output);
  const session = await openSession(plan, options);
  const absent = await absentImages(plan.data, session.inputs.rows);
  if (absent !== undefined) options.log.warn(absent);
  const jobs: Job[] = [];
  for (const pipeline of chosen) jobs.push({ pipeline, keys: await pipelineKeys(pipeline, session.inputs) });
  for (const { keys } of jobs) for (const key of keys.flatMap(keysOfRound)) session.store.expect(key);
  const outcomes: Outcome[] = [];
  const errors: L2cError[] = [];
  for (const job of jobs) {
    try {
      outcomes.push(await runJob(job, session, output, options));
    } catch (error) {
      if (!(error instanceof L2cError) || error.code === 'E_ABORTED') throw error;
      errors.push(error);
      const { name } = job.pipeline;
      await output.forget(name);
      outcomes.push({ pipeline: name, failure: error.problems, output: output.pathOf(name) });
    }
  }
  if (errors.length > 0) throw new FailedRun(outcomes, errors);
  return outcomes as PipelineSummary[];
}

interface Job {
  readonly pipeline: PipelinePlan;
  readonly keys: readonly RoundKeys[];
}

async function runJob(
  { pipeline, keys }: Job,
  session: Session,
  output: OutputFolder,
  options: RunOptions,
): Promise<PipelineSummary> {
  const { plan, inputs, store, facts, servicesFor } = session;
  const due = keys.flatMap(keysOfRound);
  let place = '';
  let last: RoundState | undefined;
  try {
    const folder = output.pipeline(pipeline.name);
    const observer: RunObserver = {
      stageStarted: (name, stage) => {
        due.shift();
        place = stage.path.join('.');
        options.observer.stageStarted(name, stage);
      },
      stageEnded: (name, report) => {
        options.observer.stageEnded(name, report);
        if (report.cached) repeatThresholds(report.facts, logOf(place, options.log));
      },
      roundEnded: async (_, round, state) => {
        last = state;
        if (options.keep) await folder.keepRound(state, round, pipeline.rounds.length);
      },
    };
    const result = await runPipeline(wire(pipeline, servicesFor), keys, inputs, store, facts, observer);
    const giant = giantCluster(result, pipeline);
    if (giant !== undefined) options.log.warn(`pipeline ${pipeline.name}: ${giant}`);
    const metrics = await evaluate(session, plan.evaluators, result);
    const summary = summarise(result, metrics, folder.path);
    await folder.write({ plan, pipeline, inputs, result, summary, compute: servicesFor('').compute });
    await options.onFinished?.({ session, pipeline, result, summary, state: last! });
    return summary;
  } finally {
    // Of a pipeline that failed: nothing is to be held for its other stages.
    for (const key of due) store.forgo(key);
  }
}

/** Runs evaluators over the instances whose identity is known; undefined where none is. */
async function evaluate(
  { inputs, servicesFor }: Session,
  evaluators: readonly StagePlan<'evaluator'>[],
  { name, labels }: PipelineResult,
): Promise<Metrics | undefined> {
  const { truth } = inputs;
  if (truth === undefined) return undefined;
  return evaluateLabels(truth, labels.values, evaluators, servicesFor, name);
}
