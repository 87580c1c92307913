import type { Features } from '../data/features.js';
import type { Labels } from '../data/labels.js';
import type { DecidingLinks } from './deciding-links.js';
import { PairMoments, strangerPairs } from './stranger-pairs.js';

/** How often as good a link as the best by chance may come among strangers. */
const level = 0.05;
/** More faces show by the gap between people and strangers whether there are people. */
const mostFaces = 1000;

/**
 * Whether the links inside clusters are such as chance makes among that many strangers: the median over the faces that are in clusters of their best one, against
 * the best of all pairs if cosines of strangers, which pairs of different clusters are, were normal. Undefined where they are better, or faces
 * are many. Of unit rows. O(min(n², 150,000) dim + m).
 */
export function chanceDoubt(features: Features, { values }: Labels, links: DecidingLinks): string | undefined {
  const { n, offsets, targets, similarities } = links;
  if (n > mostFaces) return undefined;
  const best: number[] = [];
  for (let i = 0; i < n; i++) {
    let most = -Infinity;
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      const isInside = targets[e] >= 0 && values[targets[e]] === values[i];
      if (isInside && similarities[e] > most) most = similarities[e];
    }
    if (most > -Infinity) best.push(most);
  }
  if (best.length === 0) return undefined;
  const strangers = new PairMoments();
  strangerPairs(features, values, (_i, _j, cosine) => strangers.add(cosine));
  if (strangers.count === 0) return undefined;
  const typical = best.sort((a, b) => a - b)[best.length >> 1];
  const chance = strangers.mean + strangers.deviation * upperQuantile((2 * level) / (n * (n - 1)));
  if (typical > chance) return undefined;
  return `the links that join faces, a cosine of ${typical.toFixed(2)} in the middle, are no better than strangers make by chance (up to ${chance.toFixed(2)} among ${n} faces)`;
}

/** What a standard normal variable exceeds with a small probability p, to a hundredth or so. */
function upperQuantile(p: number): number {
  const root = Math.sqrt(-2 * Math.log(p));
  return root - Math.log(root * Math.sqrt(2 * Math.PI)) / root;
}
