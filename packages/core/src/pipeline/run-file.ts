import type { Metrics } from '../data/metrics.js';
import { repeatThresholds } from '../stages/threshold-option.js';
import { evaluateLabels } from './evaluate-labels.js';
import { giantCluster } from './giant-cluster.js';
import { keysOfRound, pipelineKeys, type RoundKeys } from './keys.js';
import { OutputFolder } from './output.js';
import type { FilePlan, PipelinePlan, StagePlan } from './plan.js';
import { runPipeline, type PipelineResult, type RoundState, type RunObserver } from './run.js';
import { choosePipelines, logOf, openSession, type RunOptions, type Session } from './session.js';
import { summarise, type PipelineSummary } from './summary.js';
import { wire } from './wire.js';

/** Runs the chosen pipelines of a checked file, writes each one's results, and returns the rows of the comparison. */
export async function runFile(plan: FilePlan, options: RunOptions): Promise<PipelineSummary[]> {
  const chosen = choosePipelines(plan, options.only);
  const output = await OutputFolder.open(options.output);
  const session = await openSession(plan, options);
  const { inputs, store, facts, servicesFor } = session;
  const jobs: { pipeline: PipelinePlan; keys: RoundKeys[] }[] = [];
  for (const pipeline of chosen) jobs.push({ pipeline, keys: await pipelineKeys(pipeline, inputs) });
  for (const { keys } of jobs) for (const key of keys.flatMap(keysOfRound)) store.expect(key);

  const summaries: PipelineSummary[] = [];
  for (const { pipeline, keys } of jobs) {
    const folder = await output.pipeline(pipeline.name);
    let place = '';
    let last: RoundState | undefined;
    const observer: RunObserver = {
      stageStarted: (name, stage) => {
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
    const giant = giantCluster(result.labels, pipeline);
    if (giant !== undefined) options.log.warn(`pipeline ${pipeline.name}: ${giant}`);
    const metrics = await evaluate(session, plan.evaluators, result);
    const summary = summarise(result, metrics, folder.path);
    await folder.write({ plan, pipeline, inputs, result, summary, compute: servicesFor('').compute });
    summaries.push(summary);
    await options.onOutcome?.({ session, pipeline, result, summary, state: last! });
  }
  return summaries;
}

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
