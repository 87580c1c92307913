import type { Features } from '../data/features.js';
import type { KnnGraph } from '../data/knn-graph.js';
import type { Labels } from '../data/labels.js';
import type { Metrics } from '../data/metrics.js';
import type { Proposals } from '../data/proposals.js';
import type { Scores } from '../data/scores.js';

/** The verbs, named as the pipeline language names them. */
export const stageKinds = ['knnBuilder', 'proposalGenerator', 'scorer', 'deoverlapper', 'evaluator'] as const;
export type StageKind = (typeof stageKinds)[number];

type Awaitable<T> = T | Promise<T>;

/** Finds the nearest neighbours of each instance. */
export interface KnnBuilder {
  /** Neighbours per instance. More than n - 1 is refused by the pipeline before `build` is called. */
  readonly k: number;
  build(features: Features): Awaitable<KnnGraph>;
}

/** Proposes links or sets of instances that may belong together. */
export interface ProposalGenerator {
  /** `knn` is the graph of the round's KnnBuilder; a generator whose definition says `knn: false` must do without. */
  propose(features: Features, knn: KnnGraph | undefined): Awaitable<Proposals>;
}

/** Which rows of the file of features the instances are. */
export interface FileRows {
  /** (n) ascending. */
  readonly ids: Int32Array;
  /** How many rows the file has. */
  readonly count: number;
}

/** What scorers and deoverlappers may look at besides the proposals. */
export interface StageContext {
  readonly features: Features;
  /** Absent where the instances are all rows of the file, in order. Files of a stage's own about each face are read in these rows. */
  readonly rows?: FileRows | undefined;
  /** Absent where the round has no KnnBuilder. */
  readonly knn?: KnnGraph | undefined;
  /** (n) true identities, -1 = unknown. Given to stages whose definition says `truth: true`, and to nobody else. */
  readonly truth?: Int32Array | undefined;
}

/** Says how good each proposal is. */
export interface Scorer {
  score(proposals: Proposals, context: StageContext, previousScores: Scores): Awaitable<Scores>;
}

/** Turns scored proposals into a partition. */
export interface Deoverlapper {
  deoverlap(proposals: Proposals, scores: Scores, context: StageContext): Awaitable<Labels>;
}

/** Compares a partition with the truth. `truth` holds no -1: instances without a true identity are left out before. */
export interface Evaluator {
  evaluate(truth: Int32Array, predicted: Int32Array): Awaitable<Metrics>;
}

/** One labelled data set as a trainable scorer meets it: what the stages before it made, and the true identities. */
export interface TrainingExample {
  readonly proposals: Proposals;
  readonly context: StageContext & { readonly truth: Int32Array };
  readonly previousScores: Scores;
}

/** What training gives back; weights travel as named float32 tensors and are written by the command. */
export interface TrainingResult {
  readonly weights: ReadonlyMap<string, Tensor>;
  /** Goes to `NAME.training.json` beside the weights: losses, epochs, validation, seed. JSON only. */
  readonly record: Readonly<Record<string, unknown>>;
}

/** A named weight: row-major float32 of the given shape ([] = scalar). */
export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A scorer that learns. Its options hold `weights`, the path the command writes and `score` reads. */
export interface TrainableScorer extends Scorer {
  train(examples: readonly TrainingExample[]): Promise<TrainingResult>;
}

export function isTrainable(scorer: Scorer): scorer is TrainableScorer {
  return typeof (scorer as Partial<TrainableScorer>).train === 'function';
}

/** The interface that each kind of stage implements. */
export interface StageInterfaces {
  knnBuilder: KnnBuilder;
  proposalGenerator: ProposalGenerator;
  scorer: Scorer;
  deoverlapper: Deoverlapper;
  evaluator: Evaluator;
}
