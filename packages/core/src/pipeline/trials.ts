import type { Metrics } from '../data/metrics.js';
import { L2cError } from '../errors.js';
import type { ServicesFactory } from '../stages/tokens.js';
import { evaluateLabels } from './evaluate-labels.js';
import { idleServices } from './idle-services.js';
import { selectInputs, type Inputs } from './inputs.js';
import { keysOfRound, pipelineKeys, type RoundKeys } from './keys.js';
import type { PipelinePlan } from './plan.js';
import { runPipeline, type RunObserver } from './run.js';
import type { Session } from './session.js';
import { wire } from './wire.js';

/** What one pipeline gave on some rows. */
export interface Trial {
  readonly metrics: Metrics;
  readonly clusters: number;
}

/**
 * Runs pipelines on some rows of a session's data and evaluates each; what they share is made once. Of one that fails the error
 * is returned, and the others run. Nothing is written but the cache. Notes and warnings of stages go nowhere: a trial may be
 * bad, that is what it is for.
 */
export async function runTrials(
  session: Session,
  rows: Int32Array,
  pipelines: readonly PipelinePlan[],
  observer: RunObserver,
): Promise<(Trial | L2cError)[]> {
  const inputs = selectInputs(session.inputs, rows);
  const servicesFor: ServicesFactory = (place) => ({ ...session.servicesFor(place), log: idleServices.log });
  const jobs: { pipeline: PipelinePlan; keys: RoundKeys[] }[] = [];
  for (const pipeline of pipelines) jobs.push({ pipeline, keys: await pipelineKeys(pipeline, inputs) });
  for (const { keys } of jobs) for (const key of keys.flatMap(keysOfRound)) session.store.expect(key);
  const trials: (Trial | L2cError)[] = [];
  for (const { pipeline, keys } of jobs) {
    servicesFor('').signal.throwIfAborted();
    const due = keys.flatMap(keysOfRound);
    const hearing: RunObserver = {
      ...observer,
      stageStarted(name, stage) {
        due.shift();
        observer.stageStarted(name, stage);
      },
    };
    try {
      trials.push(await runTrial(session, inputs, pipeline, keys, servicesFor, hearing));
    } catch (error) {
      if (!(error instanceof L2cError) || error.code === 'E_ABORTED') throw error;
      trials.push(error);
      for (const key of due) session.store.forgo(key);
    }
  }
  return trials;
}

async function runTrial(
  { plan, store, facts }: Session,
  inputs: Inputs,
  pipeline: PipelinePlan,
  keys: readonly RoundKeys[],
  servicesFor: ServicesFactory,
  observer: RunObserver,
): Promise<Trial> {
  const { truth } = inputs;
  if (truth === undefined) throw new RangeError('trials need the true identities');
  const { labels } = await runPipeline(wire(pipeline, servicesFor), keys, inputs, store, facts, observer);
  const metrics = await evaluateLabels(truth, labels.values, plan.evaluators, servicesFor, pipeline.name);
  return { metrics: metrics ?? {}, clusters: labels.clusters };
}

/** Trials of one pipeline on several halves, averaged; undefined where there is none. */
export function meanTrial(trials: readonly Trial[]): Trial | undefined {
  if (trials.length === 0) return undefined;
  const mean = (valueOf: (trial: Trial) => number): number =>
    trials.reduce((sum, trial) => sum + valueOf(trial), 0) / trials.length;
  const names = Object.keys(trials[0].metrics);
  return {
    metrics: Object.fromEntries(names.map((name) => [name, mean(({ metrics }) => metrics[name])])),
    clusters: mean(({ clusters }) => clusters),
  };
}
