import { builtinPlugin } from '../builtin/index.js';
import type { Metrics } from '../data/metrics.js';
import { toLabels } from '../data/labels.js';
import { L2cError, problem, type Problem } from '../errors.js';
import { readLabels } from '../formats/features-file.js';
import { Registry } from '../plugins/registry.js';
import { fillOptions } from '../stages/options.js';
import { evaluateLabels } from './evaluate-labels.js';
import { idleServices } from './idle-services.js';
import type { StagePlan } from './plan.js';

export interface Evaluation {
  readonly metrics: Metrics;
  readonly instances: number;
  readonly identities: number;
  readonly clusters: number;
}

/** Compares two label files by core's evaluators. A predicted -1 becomes a cluster of its own, as in a run. */
export async function evaluateFiles(
  labels: string,
  predictions: string,
  evaluators: readonly string[],
): Promise<Evaluation> {
  const stages = plan(evaluators.map((name) => name.trim()));
  const truth = await readLabels(labels);
  if (truth.length === 0) throw problem('E_DATA', labels, 'holds no label', 'give one integer a line');
  const predicted = toLabels(await readLabels(predictions, truth.length));
  const metrics = await evaluateLabels(truth, predicted.values, stages, () => idleServices);
  if (metrics === undefined)
    throw problem('E_DATA', labels, 'no instance has a known identity', 'labels of -1 mean unknown');
  const identities = new Set(truth);
  identities.delete(-1);
  return { metrics, instances: truth.length, identities: identities.size, clusters: predicted.clusters };
}

function plan(names: readonly string[]): StagePlan<'evaluator'>[] {
  const registry = new Registry([builtinPlugin]);
  const problems: Problem[] = [];
  const stages = names.flatMap((name) => {
    const lookup = registry.find('evaluator', name);
    if (!('found' in lookup)) {
      problems.push({ code: 'E_USAGE', place: `--metric ${name}`, fact: lookup.fact, wayOut: lookup.wayOut });
      return [];
    }
    const { definition, plugin, fullName } = lookup.found;
    const { options } = fillOptions(definition, {});
    return [
      {
        definition: definition as StagePlan<'evaluator'>['definition'],
        plugin,
        fullName,
        options,
        path: [name],
        onEmbedding: false,
      },
    ];
  });
  if (problems.length > 0) throw new L2cError(problems);
  return stages;
}
