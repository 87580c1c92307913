import { chanceDoubt } from './chance-links.js';
import type { ClusterAnalysis } from './cluster-analysis.js';
import { cohesionOf } from './cluster-cohesion.js';
import { copiesDoubt, distinctFaces, type ClusteredRows, type FaceCopies } from './distinct-faces.js';
import { likenessScale } from './likeness-scale.js';
import { mixedModels, mixtureDoubt } from './mixed-models.js';
import { estimateQuality, gapDoubt, qualityEvidence, singleDoubt, type QualityEstimate } from './quality-estimate.js';

/** How good clusters seem, and what speaks against them. */
export interface ClusterJudgement {
  /** Absent where a threshold was given, faces are few, many are copies, or nothing tells people from strangers. */
  readonly quality: QualityEstimate | undefined;
  readonly doubts: readonly string[];
  readonly copies: FaceCopies | undefined;
}

/** Doubts look at distinct faces alone: copies are as like each other as nothing else is. `isFound`: the threshold was not given. */
export function judgeClusters(
  all: ClusteredRows,
  analysis: Pick<ClusterAnalysis, 'cohesion' | 'forest'>,
  isFound: boolean,
): ClusterJudgement {
  const { distinct, copies } = distinctFaces(all);
  const { features, labels, links } = distinct;
  const cohesion = distinct === all ? analysis.cohesion : cohesionOf(features, labels);
  const unfounded = [
    singleDoubt(cohesion),
    gapDoubt(features.n, links && likenessScale(cohesion, labels, links)),
    links && chanceDoubt(features, labels, links),
    isFound ? copiesDoubt(all.features.n, copies) : undefined,
  ];
  const mixed = mixtureDoubt(mixedModels(features, labels.values, distinct.rows), distinct.rows);
  const isFounded = isFound && unfounded.every((doubt) => doubt === undefined);
  const evidence = isFounded && all.links ? qualityEvidence(all.features, all.labels, all.links, analysis) : undefined;
  return {
    quality: evidence && estimateQuality(evidence),
    doubts: [...unfounded, mixed].filter((doubt) => doubt !== undefined),
    copies,
  };
}
