import type { FeatureStorage } from '../data/features.js';
import type { Plugin } from '../plugins/plugin.js';
import type { Registry } from '../plugins/registry.js';
import type { StageDefinition } from '../stages/define-stage.js';
import type { StageKind } from '../stages/interfaces.js';
import type { Path } from './document.js';

/** A stage with its options filled and its files made absolute. */
export interface StagePlan<Kind extends StageKind = StageKind> {
  readonly definition: StageDefinition<Kind>;
  readonly plugin: Plugin;
  /** `vegcn/gcn-v`. */
  readonly fullName: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Where it stands in the file. */
  readonly path: Path;
  /** True in a round after one whose scorer gives an embedding: its features are not those of the data. */
  readonly onEmbedding: boolean;
}

export interface RoundPlan {
  readonly knnBuilder: StagePlan<'knnBuilder'> | undefined;
  readonly proposalGenerator: StagePlan<'proposalGenerator'>;
  readonly scorers: readonly StagePlan<'scorer'>[];
  /** Only the last round has one. */
  readonly deoverlapper: StagePlan<'deoverlapper'> | undefined;
}

export interface PipelinePlan {
  readonly name: string;
  readonly rounds: readonly RoundPlan[];
}

export interface DataPlan {
  /** Absolute path. */
  readonly features: string;
  readonly dim: number | undefined;
  /** Absolute path. */
  readonly labels: string | undefined;
  /** Absolute path of a text with a name of each row. */
  readonly ids?: string | undefined;
  /** Absolute path of a text with the image of each row, or a pattern: a path that holds `{id}` or `{row}`. */
  readonly images?: string | undefined;
  readonly normalise: boolean;
  readonly onInvalid: 'error' | 'drop';
  /** How the features lie in memory. */
  readonly storage: FeatureStorage;
  /** Rows of which identities are there; halves need labels. */
  readonly half: 'all' | 'training' | 'testing';
  readonly seed: number;
}

export interface ComputePlan {
  readonly engine: 'auto' | 'onnxruntime' | 'tfjs' | 'plain';
  readonly device: 'auto' | 'cpu' | 'gpu';
  readonly threads: number;
}

/** An option that is to be tuned in one stage of one pipeline. */
export interface TunedOption {
  /** Its path in the grid, as written. */
  readonly entry: string;
  readonly stage: StagePlan;
  /** Names inside the options of the stage. */
  readonly option: readonly string[];
  /** The values as written, and as the stage is to get them: files made absolute. */
  readonly given: readonly unknown[];
  readonly values: readonly unknown[];
}

/** What `l2c tune` tries. */
export interface TunePlan {
  /** A name that one of the evaluators gives; the highest value is best. */
  readonly metric: string;
  readonly seed: number;
  readonly splits: number;
  /** As written, by path. */
  readonly grid: Readonly<Record<string, readonly unknown[]>>;
  /** What the grid means, by pipeline. */
  readonly options: ReadonlyMap<string, readonly TunedOption[]>;
}

/** A pipeline file, checked as far as that goes without running it. */
export interface FilePlan {
  /** Absolute path. */
  readonly file: string;
  /** As written: package names and paths. */
  readonly plugins: readonly string[];
  readonly data: DataPlan;
  /** Rows and columns by the file's header or size. */
  readonly facts: { readonly n: number; readonly dim: number };
  readonly compute: ComputePlan;
  readonly evaluators: readonly StagePlan<'evaluator'>[];
  readonly pipelines: readonly PipelinePlan[];
  readonly tune: TunePlan | undefined;
  /** True where the file writes its one pipeline at the top, without `pipelines`. */
  readonly single: boolean;
  readonly registry: Registry;
}
