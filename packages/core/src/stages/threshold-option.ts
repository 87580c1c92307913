import type { JSONSchemaType } from 'ajv';
import type { StableThreshold } from '../graph/stability.js';
import type { Log, Services } from './services.js';

/** The option of a method that has a single threshold: a number, or chosen by stability. */
export type Threshold = number | 'auto';

/** Schema of such an option. */
export function thresholdOption(
  description: string,
  defaultValue: Threshold,
  range: { readonly minimum?: number; readonly maximum?: number } = {},
): JSONSchemaType<Threshold> {
  return {
    oneOf: [
      { type: 'number', ...range },
      { type: 'string', const: 'auto' },
    ],
    default: defaultValue,
    description: `${description} \`auto\` takes the value that the clusters depend on least, without labels; copies of an instance count as one.`,
  } as unknown as JSONSchemaType<Threshold>;
}

/** What `metrics.json` keeps of a choice. */
export interface ThresholdFact {
  readonly chosen: number;
  readonly stability: number;
  readonly plateau: readonly number[];
  readonly doubt?: string | undefined;
  readonly curve: readonly Readonly<Record<string, number | undefined>>[];
}

/** How a method tells of its choice. */
export interface ThresholdReport {
  /** The threshold as the option has it: a distance, for instance. */
  readonly shown?: (threshold: number) => number;
  /** Why nothing weaker was tried, and how to go on. */
  readonly weaker?: string;
}

const proposeMore =
  'since there are no weaker links to try; let the generator propose them (a lower minSimilarity, a larger k)';

/** Keeps the choice in `metrics.json`, curve and all, and says it: how sure it is, and any doubt, aloud. */
export function reportThreshold(
  name: string,
  found: StableThreshold,
  { log, record }: Pick<Services, 'log' | 'record'>,
  { shown = (threshold) => threshold, weaker = proposeMore }: ThresholdReport = {},
): void {
  const round = (value: number): number => Number(shown(value).toFixed(4));
  const fact: ThresholdFact = {
    chosen: round(found.threshold),
    stability: Number(found.stability.toFixed(4)),
    plateau: found.plateau.map(round).sort((a, b) => a - b),
    doubt: found.doubt ?? edgeDoubt(found, weaker),
    curve: found.curve.map(({ threshold, stability, clusters, largest }) => ({
      [name]: round(threshold),
      stability: stability === undefined ? undefined : Number(stability.toFixed(4)),
      clusters,
      largest: Number(largest.toFixed(4)),
    })),
  };
  record(name, fact);
  sayThreshold(name, fact, log);
}

/** Says again what a stage chose, from the facts that lie beside its cached result. */
export function repeatThresholds(facts: Readonly<Record<string, unknown>>, log: Log): void {
  for (const [name, fact] of Object.entries(facts)) {
    if (isThresholdFact(fact)) sayThreshold(name, fact, log);
  }
}

export function isThresholdFact(fact: unknown): fact is ThresholdFact {
  return typeof fact === 'object' && fact !== null && ['chosen', 'plateau', 'curve'].every((key) => key in fact);
}

/** `0.52 (97.0 % stable, much the same from 0.52 to 0.58)` */
export const thresholdText = ({ chosen, stability, plateau }: ThresholdFact): string =>
  `${chosen} (${(100 * stability).toFixed(1)} % stable, much the same from ${plateau[0]} to ${plateau[1]})`;

function sayThreshold(name: string, fact: ThresholdFact, log: Log): void {
  const { doubt } = fact;
  log.info(`${name} chosen: ${thresholdText(fact)}`);
  if (doubt !== undefined) log.warn(`${name}: ${doubt}; look at the clusters, or give a number`);
}

/** A cluster that holds more of the instances may be where identities run into each other. */
const meltedShare = 0.25;

/**
 * A choice at an end of what was tried says little: what lies beyond was not seen. The low end is one where the links end before
 * the clusters run into each other, as where the generator leaves weak links out.
 */
function edgeDoubt({ threshold, least, curve }: StableThreshold, weaker: string): string | undefined {
  const known = curve.filter(({ stability }) => stability !== undefined);
  const at = known.findIndex((point) => point.threshold === threshold);
  if (at < 0) return undefined;
  if (threshold <= least && curve[0].largest <= meltedShare)
    return `the choice lies at the end of the range, ${weaker}`;
  if (at >= known.length - 2) return 'the choice lies at the end of the range: only the very best links are left';
  return undefined;
}

/** Warns where a number given as threshold leaves no link at all, as a percentage does. */
export function warnIfNoLink(threshold: number, scores: Float32Array, log: Log): void {
  let highest = -Infinity;
  for (const score of scores) if (score > highest) highest = score;
  if (scores.length === 0 || highest >= threshold) return;
  log.warn(
    `no link scores at least ${threshold}; the highest is ${highest.toFixed(4)}: every instance stays alone; lower the threshold, or write threshold: auto`,
  );
}
