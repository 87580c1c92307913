import { bcubed } from '../../builtin/bcubed.js';
import { chosenThreshold, type ThresholdData } from '../../explain/chosen-threshold.js';
import { clusterSizes } from '../../data/labels.js';
import { scoreRange } from '../../graph/stability.js';
import { idleServices } from '../../pipeline/idle-services.js';
import type { FinishedPipeline } from '../../pipeline/finished-pipeline.js';
import { isThresholdFact } from '../../stages/threshold-option.js';
import { knownPairs } from './identity-figures.js';
import type { CurveData } from './report-data.js';

/** Values that are tried: no more are needed to see where the lines go, and fewer don't show it. */
const [mostTried, leastTried] = [25, 9];

export interface Curve {
  readonly threshold?: ThresholdData | undefined;
  readonly curve?: CurveData | undefined;
  /** Why there is none, or less than there could be. */
  readonly note?: string | undefined;
}

type Lines = Pick<CurveData, 'values' | 'lines'>;

/**
 * What a pipeline gives at other thresholds of its deoverlapper: BCubed with true identities, and the largest cluster. The stage runs once
 * for each value, for as many as take about `seconds` all in all; a curve that the stage recorded as it chose its threshold is shown in
 * any case, and is all there is to know without identities.
 */
export async function thresholdCurve(outcome: FinishedPipeline, seconds: number): Promise<Curve> {
  const { pipeline, result, session } = outcome;
  const threshold = chosenThreshold(pipeline, result.stages);
  if (threshold === undefined) return {};
  const { option, value } = threshold;
  const report = result.stages[result.stages.length - 1];
  const fact = report.facts[option];
  const chosen = isThresholdFact(fact) ? fact : undefined;
  const recorded = chosen === undefined ? undefined : recordedLines(option, chosen.curve);
  const base = { ...threshold, plateau: chosen?.plateau };
  if (recorded !== undefined && session.inputs.truth === undefined)
    return { threshold, curve: { ...base, ...recorded } };
  // a stage that chose its threshold has tried all of its curve
  const expected = report.seconds / (1 + (chosen?.curve.length ?? 0));
  if (expected * leastTried > seconds)
    return { threshold, ...untried(outcome, expected, recorded && { ...base, ...recorded }) };
  const started = performance.now();
  const first = await measure(outcome, option, [value]);
  const took = (performance.now() - started) / 1000;
  const room = Math.min(mostTried, Math.floor(seconds / took));
  if (room < leastTried) return { threshold, ...untried(outcome, took, { ...base, ...together(first, recorded) }) };
  const others = await measure(outcome, option, valuesAround(value, option, room, outcome));
  return { threshold, curve: { ...base, ...together(together(first, others), recorded) } };
}

/** What there is to show of other thresholds, and why it isn't more. */
function untried(
  { pipeline, result }: FinishedPipeline,
  took: number,
  curve: CurveData | undefined,
): Omit<Curve, 'threshold'> {
  const { stage } = result.stages[result.stages.length - 1];
  const what = curve === undefined ? 'other thresholds were not tried' : 'BCubed at other thresholds was not measured';
  const note = `${pipeline.name}: ${stage} takes about ${took.toPrecision(2)} s for each, so ${what}; "l2c report FOLDER --curve" does it.`;
  return { curve, note };
}

/** Lines over the values of both, null where a line has none. Where both know a value of a line, that of the first is taken. */
function together(a: Lines, b: Lines | undefined): Lines {
  if (b === undefined) return a;
  const values = [...new Set([...a.values, ...b.values])].sort((x, y) => x - y);
  const places = [a, b].map((from) => new Map(from.values.map((value, place) => [value, place])));
  const names = [...new Set([a, b].flatMap(({ lines }) => lines.map(({ name }) => name)))];
  const known = (name: string, value: number): number | null => {
    for (const [i, from] of [a, b].entries()) {
      const place = places[i].get(value);
      const found = place === undefined ? null : from.lines.find((line) => line.name === name)?.values[place];
      if (found !== null && found !== undefined) return found;
    }
    return null;
  };
  return { values, lines: names.map((name) => ({ name, values: values.map((value) => known(name, value)) })) };
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

/** Evenly over the scores that the option cuts, the chosen value left out. */
function valuesAround(chosen: number, option: string, count: number, { state }: FinishedPipeline): number[] {
  const { proposals, scores } = state;
  const bySimilarity = option === 'minSimilarity' || option === 'maxDistance';
  const cut = bySimilarity && proposals.kind === 'edges' ? proposals.similarities : scores.proposals;
  const [low, high] = scoreRange(cut);
  if (!(low < high)) return [];
  const values = new Set<number>();
  for (let i = 0; i < count - 1; i++) {
    const value = low + ((high - low) * i) / (count - 2);
    values.add(Number((option === 'maxDistance' ? 1 - value : value).toFixed(3)));
  }
  values.delete(chosen);
  return [...values].sort((a, b) => a - b);
}

async function measure(outcome: FinishedPipeline, option: string, values: readonly number[]): Promise<Lines> {
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
  if (inputs.truth === undefined) return { values, lines };
  const found = [
    { name: 'BCubed precision', values: precision },
    { name: 'BCubed recall', values: recall },
    { name: 'BCubed F', values: f },
  ];
  return { values, lines: [...found, ...lines] };
}

const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
