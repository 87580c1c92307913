import type { ClusterAnalysis } from '../../cluster/cluster-analysis.js';
import { closePairs } from '../../cluster/cluster-review.js';
import { decidingLinks, type DecidingLinks } from '../../cluster/deciding-links.js';
import type { Features } from '../../data/features.js';
import { clusterSizes, toLabels } from '../../data/labels.js';
import type { Forest } from '../../graph/spanning-forest.js';
import type { FinishedPipeline } from '../../pipeline/finished-pipeline.js';
import type { PipelinePlan } from '../../pipeline/plan.js';
import type { StageReport } from '../../pipeline/run.js';
import { stagesOf } from '../../pipeline/tune-grid.js';
import { isThresholdFact, thresholdText } from '../../stages/threshold-option.js';
import { clusterColumns } from './cluster-columns.js';
import { forestPlaces } from './forest-places.js';
import { linkDecisions } from './link-decisions.js';
import { linkPairs } from './linked-pairs.js';
import { packIntegers, packReals } from './pack.js';
import type { ForestData, PipelineData, StageData } from './report-data.js';
import { similarityHistogram } from './similarity-histogram.js';
import { sizeCounts } from './size-counts.js';
import { thresholdCurve } from './threshold-curve.js';

/** Entries of a queue that a person may look at in an afternoon. */
const mostQueued = 200;
/** Three decimals are shown of similarities and scores. */
const step = 0.001;

export interface GatheredPipeline {
  readonly data: PipelineData;
  readonly notes: readonly string[];
}

/** Everything the page shows of one pipeline; other thresholds are tried for `seconds` at most. O(n + m). */
export async function pipelineData(
  outcome: FinishedPipeline,
  features: Features,
  analysis: ClusterAnalysis,
  seconds: number,
): Promise<GatheredPipeline> {
  const { session, pipeline, result, state } = outcome;
  const { truth } = session.inputs;
  const { labels } = result;
  const { cohesion, neighbours, forest, splits } = analysis;
  const links = decidingLinks(state);
  const close = closePairs(cohesion, neighbours, mostQueued);
  const { threshold, curve, note } = await thresholdCurve(outcome, seconds);
  return {
    data: {
      name: pipeline.name,
      stages: stageData(pipeline, result.stages),
      sizes: {
        predicted: sizeCounts(cohesion.sizes),
        truth:
          truth === undefined ? undefined : sizeCounts(clusterSizes(toLabels(truth.filter((label) => label !== -1)))),
      },
      similarities: similarityHistogram(features, labels.values, cohesion, neighbours),
      threshold,
      curve,
      clusters: clusterColumns(labels, cohesion, neighbours, truth),
      splits: splits.slice(0, mostQueued),
      close: linkPairs(close, labels, links),
      labels: packIntegers(labels.values),
      fits: packReals(cohesion.fits, 0.01),
      forest: links && forest && forestData(forest, links, labels.values, cohesion.sizes),
      decisions: forest && linkDecisions(forest, state),
    },
    notes: note === undefined ? [] : [note],
  };
}

function forestData(
  { parents, links }: Forest,
  { scores, similarities }: DecidingLinks,
  labels: Int32Array,
  sizes: Int32Array,
): ForestData {
  const { places, bridges } = forestPlaces(parents, labels, sizes);
  const of = (values: Float32Array): Float32Array => Float32Array.from(links, (e) => (e === -1 ? NaN : values[e]));
  return {
    places: packIntegers(places),
    bridges: packIntegers(bridges),
    scores: packReals(of(scores), step),
    similarities: scores === similarities ? undefined : packReals(of(similarities), step),
  };
}

function stageData(pipeline: PipelinePlan, reports: readonly StageReport[]): StageData[] {
  const stages = stagesOf(pipeline);
  return reports.map(({ round, kind, stage, seconds, peakBytes, cached, counts, facts }, i) => ({
    round,
    kind,
    stage,
    options: stages[i].options,
    seconds,
    peakBytes,
    cached,
    counts,
    facts: Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, shownFact(fact)])),
  }));
}

/** A choice in words: its curve is drawn. */
function shownFact(fact: unknown): unknown {
  if (!isThresholdFact(fact)) return fact;
  return fact.doubt === undefined ? thresholdText(fact) : `${thresholdText(fact)}; doubtful: ${fact.doubt}`;
}
