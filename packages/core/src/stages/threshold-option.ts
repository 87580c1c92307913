import type { JSONSchemaType } from 'ajv';
import type { StableThreshold } from '../graph/stability.js';
import type { Services } from './services.js';

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
    description: `${description} \`auto\` takes the value that the clusters depend on least, without labels.`,
  } as unknown as JSONSchemaType<Threshold>;
}

/** Keeps the choice in `metrics.json`, curve and all, and says it: how sure it is, and any doubt, aloud. */
export function reportThreshold(
  name: string,
  found: StableThreshold,
  { log, record }: Pick<Services, 'log' | 'record'>,
  shown: (threshold: number) => number = (threshold) => threshold,
): void {
  const round = (value: number): number => Number(shown(value).toFixed(4));
  const ends = found.plateau.map(round).sort((a, b) => a - b);
  record(name, {
    chosen: round(found.threshold),
    stability: Number(found.stability.toFixed(4)),
    plateau: ends,
    doubt: found.doubt,
    curve: found.curve.map(({ threshold, stability, clusters, largest }) => ({
      [name]: round(threshold),
      stability: stability === undefined ? undefined : Number(stability.toFixed(4)),
      clusters,
      largest: Number(largest.toFixed(4)),
    })),
  });
  const sure = `${(100 * found.stability).toFixed(1)} % stable, much the same from ${ends[0]} to ${ends[1]}`;
  log.info(`${name} chosen: ${round(found.threshold)} (${sure})`);
  if (found.doubt !== undefined) log.warn(`${name}: ${found.doubt}; look at the clusters, or give a number`);
}
