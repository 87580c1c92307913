import { join } from 'node:path';
import { exactNeighbours } from '../compute/neighbours/exact-neighbours.js';
import { extendNeighbours } from '../compute/neighbours/extend-neighbours.js';
import type { Features } from '../data/features.js';
import type { KnnGraph } from '../data/knn-graph.js';
import { ArtifactStore } from '../pipeline/artifacts.js';
import { knnCodec } from '../pipeline/codec.js';
import { pipelineKeys } from '../pipeline/keys.js';
import { measure } from '../pipeline/measure.js';
import type { DataPlan, FilePlan } from '../pipeline/plan.js';
import type { Services } from '../stages/services.js';
import { fewNeighbours } from './growing-runs.js';
import type { EarlierRun } from './run-folder.js';

export type GrowthServices = Pick<Services, 'compute' | 'log' | 'progress' | 'signal'>;

/**
 * The kNN graph of the earlier faces and the new ones behind them. That of the earlier ones is taken from the cache of their run, and made
 * anew where it is not there, or was as wide as few faces let it be.
 */
export async function grownGraph(run: EarlierRun, features: Features, services: GrowthServices): Promise<KnnGraph> {
  const earlier = run.inputs.features;
  const k = neighbourCount(run, features.n);
  const { knn: key } = (await pipelineKeys(run.plan.pipelines[0], run.inputs))[0];
  const store = new ArtifactStore(join(run.root, '.cache'), services.log);
  if (key === undefined || k !== plannedCount(run.plan) || !store.has(key))
    return exactNeighbours(features, k, services);
  const { value: known } = await store.resolve(key, knnCodec, async () => ({
    ...(await measure(() => exactNeighbours(earlier, k, services))),
    facts: {},
  }));
  return features.n === earlier.n ? known : extendNeighbours(features, known, services);
}

/** Neighbours of each of n faces: as many as planned, unless that was every face there was. */
function neighbourCount({ plan, inputs }: EarlierRun, n: number): number {
  const planned = plannedCount(plan) ?? fewNeighbours;
  const limited = planned >= inputs.features.n - 1;
  return Math.min(limited ? Math.max(planned, fewNeighbours) : planned, n - 1);
}

function plannedCount({ pipelines }: FilePlan): number | undefined {
  const k = pipelines[0].rounds[0].knnBuilder?.options['k'];
  return typeof k === 'number' ? k : undefined;
}

/** The plan of the earlier run for grown data, with as many neighbours as the graph has. */
export function grownPlan(
  { plan }: EarlierRun,
  data: Pick<DataPlan, 'features' | 'ids' | 'images'>,
  k: number,
): FilePlan {
  const [first, ...others] = plan.pipelines[0].rounds;
  const { knnBuilder } = first;
  const wider =
    knnBuilder === undefined || plannedCount(plan) === undefined
      ? first
      : { ...first, knnBuilder: { ...knnBuilder, options: { ...knnBuilder.options, k } } };
  return {
    ...plan,
    data: { ...plan.data, ...data, dim: undefined, labels: undefined },
    pipelines: [{ ...plan.pipelines[0], rounds: [wider, ...others] }],
  };
}
