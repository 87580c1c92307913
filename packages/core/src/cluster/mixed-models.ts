import type { Features } from '../data/features.js';
import { PairMoments, strangerPairs } from './stranger-pairs.js';

/** Where a file seems to be put together from embeddings of two models. */
export interface MixedModels {
  /** The first instance of the second part, to a 32nd of the file; undefined where rows of the two take turns. */
  readonly from: number | undefined;
  /** Mean square of cosines of strangers across the parts, as a share of that within. */
  readonly share: number;
}

const bins = 32;
/** Of fewer people a part says little about its model. */
const leastClusters = 30;
/** So many lie in each part, some of which do not touch. */
const leastBins = 4;
/**
 * Directions in which faces differ are each network's own. Measured: files of two networks .40 to .55, those of one in their own order, cut anywhere,
 * .94 to 1.02, rows by turns .98 to 1.02. Of 20 people a part is down to .73 by chance.
 */
const mostShare = 0.8;

/**
 * Whether the rows up to some place and those behind it come from different models, or even rows and odd ones: strangers of one model are alike and unlike in its
 * main directions, strangers of two models by chance alone. Pairs of one 32nd of the file, or of two that touch, are left out: files are
 * often in order of people, and strangers that lie so near may be one person in several clusters. Says nothing of models whose rows are mixed otherwise: people fall into
 * groups within one model, too, which share as little. Of unit rows; `rows` ((n) int32) are those of the file. O(150,000 dim).
 */
export function mixedModels(features: Features, labels: Int32Array, rows: Int32Array): MixedModels | undefined {
  const { n } = features;
  const binOf = (i: number): number => Math.floor((i * bins) / n);
  const cells = Array.from({ length: bins * bins }, () => new PairMoments());
  const parities = Array.from({ length: 3 }, () => new PairMoments());
  strangerPairs(features, labels, (i, j, cosine) => {
    const [row, column] = [binOf(i), binOf(j)];
    cells[row * bins + column].add(cosine);
    if (Math.abs(row - column) > 1) parities[(rows[i] & 1) + (rows[j] & 1)].add(cosine);
  });
  let found: MixedModels | undefined;
  const parity = shareOf(parities);
  const isPeopled = (part: Int32Array): boolean => new Set(part).size >= leastClusters;
  if (parity < mostShare && [0, 1].every((odd) => isPeopled(labels.filter((_, i) => (rows[i] & 1) === odd)))) {
    found = { from: undefined, share: parity };
  }
  for (let bin = leastBins; bin <= bins - leastBins; bin++) {
    const from = Math.ceil((bin * n) / bins);
    const parts = Array.from({ length: 3 }, () => new PairMoments());
    cells.forEach((moments, cell) => {
      const [row, column] = [Math.floor(cell / bins), cell % bins];
      if (Math.abs(row - column) < 2) return;
      parts[Number(row >= bin) + Number(column >= bin)].addAll(moments);
    });
    const share = shareOf(parts);
    if (!(share < (found?.share ?? mostShare))) continue;
    if (isPeopled(labels.subarray(0, from)) && isPeopled(labels.subarray(from))) found = { from, share };
  }
  return found;
}

/** Mean square across parts, as a share of that within; NaN where one has no pairs. */
const shareOf = ([first, across, second]: readonly PairMoments[]): number =>
  across.meanSquare / Math.sqrt(first.meanSquare * second.meanSquare);

/** What is said of it; `rows` are those of the file. */
export function mixtureDoubt(mixed: MixedModels | undefined, rows: Int32Array): string | undefined {
  if (mixed === undefined) return undefined;
  const share = `${(100 * mixed.share).toFixed(0)} %`;
  const parts =
    mixed.from === undefined
      ? 'every second row looks like an embedding of another model than the rows between'
      : `the rows from about ${rows[mixed.from]} on look like embeddings of another model than those before`;
  return `${parts}: squared cosines of strangers are ${share} as large across as within; a person known to both has two clusters, so embed all faces by one model, or cluster each part alone`;
}
