import type { Features } from '../data/features.js';
import type { Labels } from '../data/labels.js';
import type { ClusterAnalysis } from './cluster-analysis.js';
import type { Cohesion } from './cluster-cohesion.js';
import type { DecidingLinks } from './deciding-links.js';
import { fewFaces } from './found-threshold.js';
import { joinOdds, type JoinModel } from './join-odds.js';
import type { Joins } from './joins.js';
import { madeJoins } from './made-joins.js';
import { missedJoins } from './missed-joins.js';
import { likenessScale, type LikenessScale } from './likeness-scale.js';
import { madeModel, meanErrors, missedModel } from './quality-models.js';

/** An estimate, 0 to 1, and its mean absolute error on real faces of known identity. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

export interface PrecisionAndRecall {
  readonly precision: Estimate;
  readonly recall: Estimate;
}

/** How good a result is, estimated without labels; of results at the threshold that `l2c cluster` finds, which the models were fitted to. */
export interface QualityEstimate {
  readonly bcubed: PrecisionAndRecall;
  readonly pairwise: PrecisionAndRecall;
}

/** What `metrics.json` holds of an estimate: null where there is none. */
export interface EstimateRecord {
  readonly estimateWithoutLabels: QualityEstimate | null;
}

/** `metrics.json` with an estimate beside its metrics, which are those against labels; null where there is none, nor one of earlier clusters. */
export function withEstimate<T extends object>(record: T, quality: QualityEstimate | undefined): T & EstimateRecord {
  return { ...record, estimateWithoutLabels: quality ?? null };
}

/** What an estimate is made of. */
export interface QualityEvidence {
  readonly scale: LikenessScale;
  /** (clusters) */
  readonly sizes: Int32Array;
  readonly made: Joins;
  readonly missed: Joins;
}

/**
 * Where faces of a cluster exceed strangers by less, clusters may be anything: of 40 synthetic sets all but two then had a BCubed precision of 17
 * to 48 %, and above it none less than 90 %.
 */
const leastGap = 0.22;

/** Why nothing is estimated, or undefined where something is. */
export function gapDoubt(n: number, scale: LikenessScale | undefined): string | undefined {
  if (n < fewFaces || scale === undefined || scale.gap >= leastGap) return undefined;
  const { inside, strangers } = scale;
  return `nothing tells people from strangers: two faces of a cluster have a mean cosine of ${inside.toFixed(2)}, and a face and the nearest of another cluster ${strangers.toFixed(2)}`;
}

/**
 * Why nothing is estimated where nearly all faces are one cluster: what strangers are like is known from the others, and fewer than
 * 20 of them say next to nothing.
 */
export function singleDoubt({ sizes, similarities }: Cohesion): string | undefined {
  const n = sizes.reduce((sum, size) => sum + size, 0);
  const at = sizes.indexOf(sizes.reduce((most, size) => Math.max(most, size), 0));
  const others = n - sizes[at];
  if (n < fewFaces || others >= Math.min(fewFaces, sizes[at])) return undefined;
  const mean = Math.round(100 * similarities[at]) / 100;
  return `${others === 0 ? 'all' : 'nearly all'} faces are one cluster, of a mean cosine of ${mean.toFixed(2)}: there are too few strangers to tell whether that is one person`;
}

/** What is known of a result of unit rows; undefined where it has no two faces in a cluster, or a single cluster. O(m + n dim). */
export function qualityEvidence(
  features: Features,
  labels: Labels,
  links: DecidingLinks,
  { cohesion, forest }: Pick<ClusterAnalysis, 'cohesion' | 'forest'>,
): QualityEvidence | undefined {
  const scale = likenessScale(cohesion, labels, links);
  if (scale === undefined || forest === undefined) return undefined;
  return {
    scale,
    sizes: cohesion.sizes,
    made: madeJoins(features, labels, cohesion.sizes, forest, links.similarities),
    missed: missedJoins(cohesion, labels, links),
  };
}

/** Undefined where the faces are few, or no gap tells people from strangers. */
export function estimateQuality(evidence: QualityEvidence): QualityEstimate | undefined {
  const n = evidence.sizes.reduce((sum, size) => sum + size, 0);
  if (n < fewFaces || evidence.scale.gap < leastGap) return undefined;
  const values = estimatesBy(evidence, madeModel, missedModel);
  const of = (name: keyof Estimates): Estimate => ({ value: values[name], error: meanErrors[name] });
  return {
    bcubed: { precision: of('bcubedPrecision'), recall: of('bcubedRecall') },
    pairwise: { precision: of('pairwisePrecision'), recall: of('pairwiseRecall') },
  };
}

export interface Estimates {
  readonly bcubedPrecision: number;
  readonly bcubedRecall: number;
  readonly pairwisePrecision: number;
  readonly pairwiseRecall: number;
}

/**
 * Expected metrics, where `made` and `missed` give for pairs of groups the share of pairs that are of one person. Joins of a cluster
 * count every pair in it once, so that precision is a sum; faces of a person that lie elsewhere take from recall one cluster at a time,
 * as if a person had one other cluster at most.
 */
export function estimatesBy(
  { scale, sizes, made, missed }: QualityEvidence,
  madeBy: JoinModel,
  missedBy: JoinModel,
): Estimates {
  const n = sizes.reduce((sum, size) => sum + size, 0);
  let pairs = 0;
  for (const size of sizes) pairs += (size * (size - 1)) / 2;
  // Faces of its own person that a face finds in its cluster, itself included, by cluster.
  const own = new Float64Array(sizes.length).fill(1);
  let truePairs = 0;
  joinOdds(made, scale, madeBy).forEach((odds, at) => {
    const expected = made.sizes[0][at] * made.sizes[1][at] * odds;
    const cluster = made.clusters[0][at];
    own[cluster] = own[cluster] + (2 * expected) / sizes[cluster];
    truePairs += expected;
  });
  const lost = new Float64Array(sizes.length);
  let missedPairs = 0;
  joinOdds(missed, scale, missedBy).forEach((odds, at) => {
    const [a, b] = [missed.clusters[0][at], missed.clusters[1][at]];
    missedPairs += sizes[a] * sizes[b] * odds;
    lost[a] = lost[a] + (odds * sizes[b]) / (own[a] + sizes[b]);
    lost[b] = lost[b] + (odds * sizes[a]) / (own[b] + sizes[a]);
  });
  const total = truePairs + missedPairs;
  return {
    bcubedPrecision: own.reduce((sum, faces) => sum + faces, 0) / n,
    bcubedRecall: lost.reduce((sum, share, c) => sum + sizes[c] * Math.max(0, 1 - share), 0) / n,
    pairwisePrecision: pairs === 0 ? 1 : truePairs / pairs,
    pairwiseRecall: total === 0 ? 1 : truePairs / total,
  };
}
