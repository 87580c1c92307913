import { clusterSizes } from '../data/labels.js';
import type { PipelinePlan, StagePlan } from './plan.js';
import type { PipelineResult } from './run.js';

/** Of fewer instances, one identity may well be the half. */
const leastInstances = 100;

/** Options that decide how easily clusters join, and which way they join less. */
const thresholds = { threshold: 'raise', minSimilarity: 'raise', minScore: 'raise', maxDistance: 'lower' } as const;

/**
 * The way out where one cluster has swallowed more than half of the instances; undefined where none has. Instances of which a stage has said
 * that they are copies of others are no further ones.
 */
export function giantCluster(
  { labels, stages }: Pick<PipelineResult, 'labels' | 'stages'>,
  pipeline: PipelinePlan,
): string | undefined {
  const { values } = labels;
  const copies = stages.at(-1)?.facts['copies'];
  if (values.length - (typeof copies === 'number' ? copies : 0) < leastInstances) return undefined;
  const largest = clusterSizes(labels).reduce((most, size) => Math.max(most, size), 0);
  if (largest <= values.length / 2) return undefined;
  return `one cluster holds ${largest} of ${values.length} instances; ${wayOut(pipeline) ?? 'look at it before you trust it'}`;
}

/** What to turn: the first such option, from the last stage backwards. */
function wayOut({ rounds }: PipelinePlan): string | undefined {
  const { deoverlapper, scorers, proposalGenerator } = rounds[rounds.length - 1];
  const stages = [deoverlapper, ...[...scorers].reverse(), proposalGenerator].filter((stage) => stage !== undefined);
  for (const stage of stages) {
    const name = thresholdOf(stage);
    if (name === undefined) continue;
    const value = stage.options[name];
    const auto = value !== 'auto' && takesAuto(stage, name) ? `, or write ${name}: auto` : '';
    const turn = value === 'auto' ? 'give a number for' : thresholds[name];
    return `${turn} ${[...stage.path, name].join('.')} (${JSON.stringify(value)})${auto}`;
  }
  return undefined;
}

/** The option of a stage that decides how easily clusters join; undefined where it has none. */
export function thresholdOf({ options }: StagePlan): keyof typeof thresholds | undefined {
  return (Object.keys(thresholds) as (keyof typeof thresholds)[]).find((name) => name in options);
}

function takesAuto({ definition }: StagePlan, option: string): boolean {
  const properties = definition.options['properties'] as Record<string, { oneOf?: readonly { const?: unknown }[] }>;
  return properties[option].oneOf?.some((branch) => branch.const === 'auto') === true;
}
