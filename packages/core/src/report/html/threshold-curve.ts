import { bcubed } from '../../builtin/bcubed.js';
import { clusterSizes } from '../../data/labels.js';
import { scoreRange } from '../../graph/stability.js';
import { thresholdOf } from '../../pipeline/giant-cluster.js';
import { idleServices } from '../../pipeline/idle-services.js';
import type { Outcome } from '../../pipeline/outcome.js';
import { isThresholdFact } from '../../stages/threshold-option.js';
import { knownPairs } from './identity-figures.js';
import type { CurveData } from './report-data.js';

/** Values that are tried where the stage didn't try any itself. */
const tried = 25;

export interface Curve {
  readonly curve?: CurveData | undefined;
  /** Why there is none, or less than there could be. */
  readonly note?: string | undefined;
}

type Lines = Pick<CurveData, 'values' | 'lines'>;

/**
 * What a pipeline gives at other thresholds of its deoverlapper: BCubed with true identities, and the largest cluster. The stage runs once
 * for each value, all in all for about `seconds` at most, as it took in the run; a curve that the stage recorded as it chose its
 * threshold is shown in any case.
 */
export async function thresholdCurve(outcome: Outcome, seconds: number): Promise<Curve> {
  const { pipeline, result } = outcome;
  const stage = pipeline.rounds[pipeline.rounds.length - 1].deoverlapper!;
  const option = thresholdOf(stage);
  if (option === undefined) return {};
  const report = result.stages[result.stages.length - 1];
  const fact = report.facts[option];
  const given = stage.options[option];
  const chosen = typeof given === 'number' ? given : isThresholdFact(fact) ? fact.chosen : undefined;
  if (chosen === undefined) return {};
  const recorded = isThresholdFact(fact) ? recordedLines(option, fact.curve) : undefined;
  const values = recorded?.values ?? valuesAround(chosen, option, outcome);
  const note =
    report.seconds * values.length <= seconds
      ? undefined
      : `${pipeline.name}: ${stage.fullName} took ${report.seconds.toFixed(1)} s, so other thresholds were not tried; "l2c report FOLDER --curve" tries them.`;
  const measured = note === undefined ? await measure(outcome, option, values) : [];
  const lines = [...measured, ...(recorded?.lines ?? [])].filter(
    ({ name }, i, all) => all.findIndex((line) => line.name === name) === i,
  );
  return { curve: lines.length === 0 ? undefined : { option, chosen, values, lines }, note };
}

/** What `reportThreshold` keeps. */
function recordedLines(option: string, curve: readonly Readonly<Record<string, number | undefined>>[]): Lines {
  const points = [...curve].sort((a, b) => a[option]! - b[option]!);
  const line = (name: string, title: string) => ({ name: title, values: points.map((point) => point[name] ?? null) });
  return {
    values: points.map((point) => point[option]!),
    lines: [line('stability', 'stability'), line('largest', 'largest cluster')],
  };
}

/** Evenly over the scores that the option cuts, the chosen value among them. */
function valuesAround(chosen: number, option: string, { state }: Outcome): number[] {
  const { proposals, scores } = state;
  const bySimilarity = option === 'minSimilarity' || option === 'maxDistance';
  const cut = bySimilarity && proposals.kind === 'edges' ? proposals.similarities : scores.proposals;
  const [low, high] = scoreRange(cut);
  if (!(low < high)) return [chosen];
  const values = new Set([chosen]);
  for (let i = 0; i < tried; i++) {
    const value = low + ((high - low) * i) / (tried - 1);
    values.add(Number((option === 'maxDistance' ? 1 - value : value).toFixed(3)));
  }
  return [...values].sort((a, b) => a - b);
}

async function measure(outcome: Outcome, option: string, values: readonly number[]): Promise<CurveData['lines']> {
  const { session, pipeline, state } = outcome;
  const { inputs, servicesFor } = session;
  const { compute, signal } = servicesFor('');
  const { definition, options } = pipeline.rounds[pipeline.rounds.length - 1].deoverlapper!;
  const truth = definition.truth ? inputs.truth : undefined;
  const context = { features: state.features, knn: state.knn, truth };
  const [precision, recall, f, largest]: (number | null)[][] = [[], [], [], []];
  for (const value of values) {
    signal.throwIfAborted();
    const stage = definition.create({ ...options, [option]: value }, { ...idleServices, compute, signal });
    const labels = await stage.deoverlap(state.proposals, state.scores, context);
    largest.push(clusterSizes(labels).reduce((most, size) => Math.max(most, size), 0) / labels.values.length);
    if (inputs.truth === undefined) continue;
    const found = bcubed(...knownPairs(inputs.truth, labels.values));
    precision.push(orNull(found.precision));
    recall.push(orNull(found.recall));
    f.push(orNull(found.f));
  }
  const lines = [{ name: 'largest cluster', values: largest }];
  if (inputs.truth === undefined) return lines;
  return [
    { name: 'BCubed precision', values: precision },
    { name: 'BCubed recall', values: recall },
    { name: 'BCubed F', values: f },
    ...lines,
  ];
}

const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
