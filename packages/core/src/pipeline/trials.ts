import type { Metrics } from '../data/metrics.js';
import type { ServicesFactory } from '../stages/tokens.js';
import { evaluateLabels } from './evaluate-labels.js';
import { idleServices } from './idle-services.js';
import { selectInputs } from './inputs.js';
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
 * Runs pipelines on some rows of a session's data and evaluates each; what they share is made once. Nothing is written but
 * the cache. Notes and warnings of stages go nowhere: a trial may be bad, that is what it is for.
 */
export async function runTrials(
  session: Session,
  rows: Int32Array,
  pipelines: readonly PipelinePlan[],
  observer: RunObserver,
): Promise<Trial[]> {
  const { plan, store, facts } = session;
  const inputs = selectInputs(session.inputs, rows);
  const servicesFor: ServicesFactory = (place) => ({ ...session.servicesFor(place), log: idleServices.log });
  const jobs: { pipeline: PipelinePlan; keys: RoundKeys[] }[] = [];
  for (const pipeline of pipelines) jobs.push({ pipeline, keys: await pipelineKeys(pipeline, inputs) });
  for (const { keys } of jobs) for (const key of keys.flatMap(keysOfRound)) store.expect(key);
  const trials: Trial[] = [];
  for (const { pipeline, keys } of jobs) {
    servicesFor('').signal.throwIfAborted();
    const { labels } = await runPipeline(wire(pipeline, servicesFor), keys, inputs, store, facts, observer);
    const { truth } = inputs;
    if (truth === undefined) throw new RangeError('trials need the true identities');
    const metrics = await evaluateLabels(truth, labels.values, plan.evaluators, servicesFor);
    trials.push({ metrics: metrics ?? {}, clusters: labels.clusters });
  }
  return trials;
}

/** Trials of one pipeline on several halves, averaged. */
export function meanTrial(trials: readonly Trial[]): Trial {
  const mean = (valueOf: (trial: Trial) => number): number =>
    trials.reduce((sum, trial) => sum + valueOf(trial), 0) / trials.length;
  const names = Object.keys(trials[0].metrics);
  return {
    metrics: Object.fromEntries(names.map((name) => [name, mean(({ metrics }) => metrics[name])])),
    clusters: mean(({ clusters }) => clusters),
  };
}
