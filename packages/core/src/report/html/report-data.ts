import type { ClosePair } from '../../cluster/cluster-review.js';
import type { ThresholdData } from '../../explain/chosen-threshold.js';
import type { Split } from '../../cluster/cluster-splits.js';
import type { Problem } from '../../errors.js';

/** What the page is made from: JSON inside it. Faces are instances, in the order of the labels; `rows` gives their rows in the file. */
export interface ReportData {
  readonly l2c: string;
  readonly title: string;
  readonly instances: number;
  readonly comparison: ComparisonData;
  readonly pipelines: readonly PipelineData[];
  /** Pipelines that have nothing to show. */
  readonly failed: readonly FailedData[];
  readonly agreement: readonly AgreementData[];
  /** (instances) rows of the file; absent where all were clustered. */
  readonly rows?: Packed | undefined;
  /** (instances) true identities, -1 unknown. */
  readonly truth?: Packed | undefined;
  /** A name of each instance, a line each. */
  readonly ids?: PackedText | undefined;
  /** The address of each instance's image, relative to the page or whole, a line each. */
  readonly images?: PackedText | undefined;
  /** Instances whose image is in the page, in the order of the lines of its element `thumbnails`. */
  readonly thumbnails?: Packed | undefined;
  /** What a reader must know: what was left out, and why. */
  readonly notes: readonly string[];
}

/** Why a pipeline has nothing to show. */
export interface FailedData {
  readonly name: string;
  readonly problems: readonly Problem[];
}

/** A typed array: its bytes by significance (all lowest ones first), gzipped, in base64. Numbers are `low + value * step`. */
export interface Packed {
  readonly type: 'uint8' | 'uint16' | 'int32';
  readonly length: number;
  readonly low: number;
  readonly step: number;
  readonly data: string;
}

/** Lines of text, gzipped, in base64. */
export interface PackedText {
  readonly lines: number;
  readonly data: string;
}

export interface ComparisonData {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly cells: readonly ComparisonCell[] }[];
}

export interface ComparisonCell {
  /** NaN and infinities as strings; null where there is none. */
  readonly value: number | string | null;
  readonly text: string;
  readonly best: boolean;
}

export interface StageData {
  readonly round: number;
  readonly kind: string;
  readonly stage: string;
  /** As in a pipeline file. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly seconds: number;
  readonly peakBytes: number;
  readonly cached: boolean;
  readonly counts: Readonly<Record<string, number>>;
  /** What the stage recorded, curves left out. */
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface PipelineData {
  readonly name: string;
  readonly stages: readonly StageData[];
  /** How good the clusters seem without labels, in sentences. */
  readonly judgement?: readonly string[] | undefined;
  readonly sizes: SizesData;
  readonly similarities: SimilaritiesData;
  readonly threshold?: ThresholdData | undefined;
  readonly curve?: CurveData | undefined;
  readonly clusters?: ClustersData | undefined;
  readonly splits: readonly Split[];
  readonly close: readonly LinkedPair[];
  /** (instances) cluster of each. */
  readonly labels?: Packed | undefined;
  /** (instances) cosine of each with the mean of its cluster. */
  readonly fits?: Packed | undefined;
  readonly forest?: ForestData | undefined;
  readonly decisions?: DecisionsData | undefined;
}

/** How many clusters there are of each size: [size, clusters], ascending. */
export interface SizesData {
  readonly predicted: readonly (readonly [number, number])[];
  readonly truth?: readonly (readonly [number, number])[] | undefined;
}

/** Histograms over faces of clusters of two or more: shares by bins of equal width from `low` to `high`. */
export interface SimilaritiesData {
  readonly low: number;
  readonly high: number;
  /** Mean cosine with the other faces of its cluster. */
  readonly own: readonly number[];
  /** Mean cosine with the faces of the cluster nearest to its own. */
  readonly other: readonly number[];
  /** Share of the faces that are more like that cluster than like their own. */
  readonly astray: number;
}

/** What other values of the threshold would give. */
export interface CurveData extends ThresholdData {
  /** Where the value was chosen without labels: from where to where the clusters are much the same. */
  readonly plateau?: readonly number[] | undefined;
  /** By value of the option, ascending. */
  readonly values: readonly number[];
  /** Named lines, null where unknown. */
  readonly lines: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

/** Columns of the list of clusters of two faces or more. */
export interface ClustersData {
  readonly ids: Packed;
  readonly sizes: Packed;
  readonly similarities: Packed;
  /** The cluster most alike, -1 unknown, and the mean cosine with its faces. */
  readonly nearest: Packed;
  readonly nearestSimilarities: Packed;
  /** With true identities: that of most faces (-1 unknown), the share of the cluster that is of it, and how many of its faces are elsewhere. */
  readonly identities?: Packed | undefined;
  readonly purities?: Packed | undefined;
  readonly missed?: Packed | undefined;
}

/** Two clusters that may be one person, and the links between them. */
export interface LinkedPair extends ClosePair {
  readonly links: number;
  /** The best scoring link: the instances it joins, and its score. */
  readonly strongest?: { readonly link: readonly [number, number]; readonly score: number } | undefined;
}

/** The spanning forest of the best links, see `spanningForest`; the parents as in `ForestPlaces`. */
export interface ForestData {
  /** (instances) place of the parent among the faces of its cluster, from 1; 0 of a top. */
  readonly places: Packed;
  /** (tops) instance of the parent, from 1; 0 of a root. */
  readonly bridges: Packed;
  /** (instances) score of the link to the parent. */
  readonly scores: Packed;
  /** (instances) its cosine similarity, where that isn't the score. */
  readonly similarities?: Packed | undefined;
}

/** What the stages of the last round made of the links of the forest, by the instance that a link leads up from. */
export interface DecisionsData {
  /** (instances) places, from 1: of the parent among the k neighbours of the instance, and of the instance among those of the parent; 0 none. */
  readonly ranks?: { readonly k: number; readonly forth: Packed; readonly back: Packed } | undefined;
  /** (instances) 1: the link to the parent was proposed, 2: that from it, 3: both. */
  readonly ways?: Packed | undefined;
  /** (instances) of the last scorer. */
  readonly confidences?: Packed | undefined;
}

/** How much two pipelines agree, and where they don't. */
export interface AgreementData {
  readonly pair: readonly [number, number];
  /** BCubed F of one against the other. */
  readonly f: number;
  /** Clusters of the one that the other takes apart, by the pairs of faces that it separates, most first. */
  readonly splits: readonly {
    /** 0 or 1: whose cluster of the pair. */
    readonly of: 0 | 1;
    readonly cluster: number;
    readonly size: number;
    readonly parts: readonly (readonly [cluster: number, faces: number])[];
  }[];
}
