import type { Metrics } from '../data/metrics.js';
import { problem } from '../errors.js';
import type { ServicesFactory } from '../stages/tokens.js';
import { idleServices } from './idle-services.js';
import type { StagePlan } from './plan.js';
import { stageError } from './stage-error.js';

/** Names of the metrics that evaluators give, found by letting them compare two small partitions. */
export async function metricNames(evaluators: readonly StagePlan<'evaluator'>[]): Promise<string[]> {
  const toy = Int32Array.of(0, 0, 1, 1);
  return Object.keys((await evaluateLabels(toy, toy, evaluators, () => idleServices)) ?? {});
}

/** See {@link Evaluator}: instances of unknown identity (-1) are left out before. Errors name the pipeline, if there is one. */
export async function evaluateLabels(
  truth: Int32Array,
  predicted: Int32Array,
  evaluators: readonly StagePlan<'evaluator'>[],
  servicesFor: ServicesFactory,
  pipeline?: string,
): Promise<Metrics | undefined> {
  const known: number[] | undefined = truth.includes(-1) ? [...truth.keys()].filter((i) => truth[i] !== -1) : undefined;
  if (known?.length === 0) return undefined;
  const pick = (values: Int32Array): Int32Array =>
    known === undefined ? values : Int32Array.from(known, (i) => values[i]);
  const [a, b] = [pick(truth), pick(predicted)];
  const evaluate = async (plan: StagePlan<'evaluator'>): Promise<Metrics> => {
    try {
      return await plan.definition.create(plan.options, servicesFor(plan.fullName)).evaluate(a, b);
    } catch (cause) {
      throw stageError(pipeline, plan, cause);
    }
  };
  const metrics: Record<string, number> = {};
  for (const plan of evaluators) {
    for (const [name, value] of Object.entries(await evaluate(plan))) {
      if (name in metrics) throw problem('E_CONFIG', 'evaluators', `two evaluators give "${name}"`, 'list one of them');
      metrics[name] = value;
    }
  }
  return metrics;
}
