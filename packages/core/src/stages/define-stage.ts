import type { JSONSchemaType } from 'ajv';
import type { ProposalKind } from '../data/proposals.js';
import type { StageInterfaces, StageKind } from './interfaces.js';
import type { Services } from './services.js';

/**
 * The schema of a stage's options: closed, every property described and, but for the required ones without a default,
 * defaulted. A property with `format: 'path'` is a file that must exist, given relative to the pipeline file; with
 * `format: 'weights'` likewise, but `l2c train` writes it.
 */
export type OptionsSchema<Options> = JSONSchemaType<Options>;

/** What is known of the data before anything runs, for checks of options against it. */
export interface DataFacts {
  readonly n: number;
  /** Rows of the file of features, where the n instances are some of them. */
  readonly rows?: number | undefined;
  /** Undefined in a round after a scorer that gives an embedding: what it has is seen when it is there. */
  readonly dim: number | undefined;
}

/** A stage as its author writes it: metadata is data, `create` is the only code. */
export interface StageSpec<Kind extends StageKind, Options> {
  readonly kind: Kind;
  /** The YAML type, kebab-case, unique within the plugin and kind. */
  readonly type: string;
  /** One sentence for lists and docs. */
  readonly summary: string;
  /** Raise it when the same input and options give another output: cached results of older versions are not used. */
  readonly version?: number;
  /**
   * What it gives (proposalGenerator) or takes (scorer, deoverlapper); `either` takes both. Not used by other kinds.
   * A pipeline whose kinds don't meet is refused before it runs.
   */
  readonly proposals?: ProposalKind | 'either';
  /**
   * True where the stage needs the round's KnnGraph, or for which options it does; a pipeline without a knnBuilder is then
   * refused.
   */
  readonly knn?: boolean | ((options: Options) => boolean);
  /** True where the stage reads the true identities. */
  readonly truth?: boolean;
  /** True where the scorer or deoverlapper reads `scores.vertices`: some scorer before it must give them. */
  readonly vertices?: boolean;
  /** What a scorer adds besides one score per proposal. */
  readonly gives?: readonly ('members' | 'vertices' | 'embedding')[];
  /** True where the scorer implements `train`. */
  readonly trainable?: boolean;
  readonly options: OptionsSchema<Options>;
  /** Cost in operations and bytes, in the field's letters: `O(n k log k) time, 16 n k bytes`. */
  readonly cost?: string;
  /** Paper and section. */
  readonly reference?: string;
  /** Facts about the options that a schema can't say, found before anything runs: a list of `option: fact`. */
  check?(options: Options, facts: DataFacts): Iterable<OptionProblem> | Promise<Iterable<OptionProblem>>;
  /** The same before a training, where weights need not be there yet. */
  checkTraining?(options: Options, facts: DataFacts): Iterable<OptionProblem> | Promise<Iterable<OptionProblem>>;
  create(options: Options, services: Services): StageInterfaces[Kind];
}

/** A fact about one option. */
export interface OptionProblem {
  /** Dotted path inside the stage's options. */
  readonly option: string;
  readonly fact: string;
  readonly wayOut?: string | undefined;
}

/** A stage as the framework holds it, its options no longer typed. */
export interface StageDefinition<Kind extends StageKind = StageKind> {
  readonly kind: Kind;
  readonly type: string;
  readonly summary: string;
  readonly version: number;
  readonly proposals: ProposalKind | 'either' | undefined;
  /** Whether it needs a kNN graph whatever its options. */
  readonly knn: boolean;
  readonly truth: boolean;
  readonly vertices: boolean;
  readonly gives: readonly ('members' | 'vertices' | 'embedding')[];
  readonly trainable: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  readonly cost: string | undefined;
  readonly reference: string | undefined;
  /** Whether it needs a kNN graph with these options; as `knn` says where absent. */
  needsKnn?(options: Readonly<Record<string, unknown>>): boolean;
  check(options: Readonly<Record<string, unknown>>, facts: DataFacts): Promise<readonly OptionProblem[]>;
  checkTraining?(options: Readonly<Record<string, unknown>>, facts: DataFacts): Promise<readonly OptionProblem[]>;
  create(options: Readonly<Record<string, unknown>>, services: Services): StageInterfaces[Kind];
}

/** Fills in what the author left out. The one place where the type of the options is forgotten. */
export function defineStage<Kind extends StageKind, Options>(spec: StageSpec<Kind, Options>): StageDefinition<Kind> {
  return Object.freeze({
    kind: spec.kind,
    type: spec.type,
    summary: spec.summary,
    version: spec.version ?? 1,
    proposals: spec.proposals,
    knn: spec.knn === true,
    truth: spec.truth ?? false,
    vertices: spec.vertices ?? false,
    gives: spec.gives ?? [],
    trainable: spec.trainable ?? false,
    options: spec.options,
    cost: spec.cost,
    reference: spec.reference,
    needsKnn: (options: Readonly<Record<string, unknown>>) =>
      typeof spec.knn === 'function' ? spec.knn(options as Options) : (spec.knn ?? false),
    check: async (options: Readonly<Record<string, unknown>>, facts: DataFacts) =>
      spec.check === undefined ? [] : [...(await spec.check(options as Options, facts))],
    checkTraining: async (options: Readonly<Record<string, unknown>>, facts: DataFacts) =>
      spec.checkTraining === undefined ? [] : [...(await spec.checkTraining(options as Options, facts))],
    create: (options: Readonly<Record<string, unknown>>, services: Services) =>
      spec.create(options as Options, services),
  });
}
