import type { Labels } from '../data/labels.js';
import type { Cohesion } from './cluster-cohesion.js';
import type { DecidingLinks } from './deciding-links.js';

/** What cosines mean in one set of embeddings: each network has a scale of its own. */
export interface LikenessScale {
  /** Mean cosine of two faces of a cluster, by faces. */
  readonly inside: number;
  /** Median over faces of the cosine with the nearest one of another cluster. */
  readonly strangers: number;
  /** How far apart the two are, as a share of what is possible. */
  readonly gap: number;
}

/** Of at most so many faces the median is taken: every so many-th. */
const mostSampled = 200_000;

/** Undefined where no two faces are in a cluster, or no link leads out of one. O(m). */
export function likenessScale(
  { sizes, similarities: own }: Cohesion,
  { values }: Labels,
  { n, offsets, targets, similarities }: DecidingLinks,
): LikenessScale | undefined {
  let [sum, faces] = [0, 0];
  for (let c = 0; c < sizes.length; c++) {
    if (sizes[c] < 2) continue;
    sum += sizes[c] * own[c];
    faces += sizes[c];
  }
  const step = Math.ceil(n / mostSampled);
  const nearest = new Float32Array(Math.ceil(n / step));
  let count = 0;
  for (let i = 0; i < n; i += step) {
    let best = -Infinity;
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      const isOther = targets[e] >= 0 && values[targets[e]] !== values[i];
      if (isOther && similarities[e] > best) best = similarities[e];
    }
    if (best > -Infinity) nearest[count++] = best;
  }
  if (faces === 0 || count === 0) return undefined;
  const inside = sum / faces;
  const strangers = nearest.subarray(0, count).sort()[count >> 1];
  return { inside, strangers, gap: (inside - strangers) / Math.max(1e-6, 1 - strangers) };
}
