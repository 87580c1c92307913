import type { Features } from '../data/features.js';
import type { Labels } from '../data/labels.js';
import type { DecidingLinks } from './deciding-links.js';
import { PairMoments, strangerPairs } from './stranger-pairs.js';

/** The share of faces that find as good a stranger by chance. */
const level = 0.05;
/** More faces show by the gap between people and strangers whether there are people. */
const mostFaces = 1000;

/**
 * Whether the links inside clusters are such as chance makes among that many strangers: the median over the faces that are in clusters of their
 * best one, against what one face in 20 finds among n - 1 strangers. Undefined where they are better, where faces are many, or where
 * strangers, which pairs of different clusters are, lie in two dimensions or fewer. Of unit rows. O(min(n², 150,000) dim + m).
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
  const chance = cosineByChance(strangers, level / (n - 1));
  if (chance === undefined || typical > chance) return undefined;
  return `the links that join faces, a cosine of ${typical.toFixed(2)} in the middle, are no better than strangers make by chance (one face in 20 finds a stranger of ${chance.toFixed(2)} among ${n} faces)`;
}

/**
 * What the cosine of two strangers exceeds with a small probability p, always below 1: cosines of directions in d dimensions, d by their deviation, are made normal
 * of variance 1 / (d - 2) by atanh (Fisher, Biometrika 1915, as d + 1 points have d dimensions about their mean). Undefined for d <= 2.
 */
function cosineByChance({ mean, deviation }: PairMoments, p: number): number | undefined {
  const variance = (deviation / (1 - mean ** 2)) ** 2;
  if (!(variance < 0.5)) return undefined;
  return Math.tanh(Math.atanh(mean) + Math.sqrt(variance / (1 - 2 * variance)) * upperQuantile(p));
}

/** What a standard normal variable exceeds with a small probability p, to 0.06 for p < 0.05, closer the smaller. */
function upperQuantile(p: number): number {
  const root = Math.sqrt(-2 * Math.log(p));
  return root - Math.log(root * Math.sqrt(2 * Math.PI)) / root;
}
