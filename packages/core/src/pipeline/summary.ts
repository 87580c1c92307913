import { clusterSizes } from '../data/labels.js';
import type { Metrics } from '../data/metrics.js';
import type { PipelineResult, StageReport } from './run.js';

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

export function summarise(
  { name, labels, stages }: PipelineResult,
  metrics: Metrics | undefined,
  output: string,
): PipelineSummary {
  return {
    pipeline: name,
    metrics,
    instances: labels.values.length,
    clusters: labels.clusters,
    singletons: clusterSizes(labels).reduce((sum, size) => sum + (size === 1 ? 1 : 0), 0),
    seconds: stages.reduce((sum, { seconds }) => sum + seconds, 0),
    peakBytes: Math.max(0, ...stages.map(({ peakBytes }) => peakBytes)),
    cachedStages: stages.filter(({ cached }) => cached).length,
    stages,
    output,
  };
}
