import type { Services, TrainingResult } from '@l2c/core';
import { givenWay } from './fallback.js';
import type { HeldOutFaces } from './held-out-faces.js';

/** BCubed F on held-out identities, the best over the cuts of the tree. */
export interface Comparison {
  readonly learned: number;
  /** By the number that the raw value is made with, in the order of preference. */
  readonly raw: ReadonlyMap<number, number>;
}

/**
 * The trained weights, marked where they show no gain over the raw value on the held-out identities: a learned F that is not
 * higher. Of several examples the F is the mean over instances. The record of the training tells both.
 */
export async function gate(
  heldOut: readonly HeldOutFaces[],
  { weights, record }: TrainingResult,
  services: Services,
  stage: string,
  compare: (faces: HeldOutFaces) => Promise<Comparison>,
): Promise<TrainingResult> {
  let [learned, count] = [0, 0];
  const raw = new Map<number, number>();
  for (const faces of heldOut) {
    services.signal.throwIfAborted();
    const found = await compare(faces);
    const { n } = faces.knn;
    learned += n * found.learned;
    for (const [number, f] of found.raw) raw.set(number, (raw.get(number) ?? 0) + n * f);
    count += n;
  }
  const [number, rawF] = [...raw].reduce((best, other) => (other[1] > best[1] ? other : best));
  const kept = learned > rawF ? 'learned' : 'raw';
  const judged = { kept, learned: learned / count, raw: rawF / count, instances: count };
  const said = `BCubed F ${judged.learned.toFixed(4)} learned, ${judged.raw.toFixed(4)} raw, on ${count} held-out faces`;
  if (kept === 'learned') services.log.info(`${stage}: shows a gain: ${said}`);
  else services.log.warn(`${stage}: shows no gain, the raw value stays: ${said}`);
  return {
    weights: kept === 'learned' ? weights : givenWay(weights, number),
    record: { ...record, fallback: judged },
  };
}
