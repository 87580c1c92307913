import type { Trial } from './trials.js';
import type { SplitOutcome } from './tune-choice.js';
import type { Variant } from './tune-grid.js';
import type { FailedSetting } from './tune-jobs.js';

/** Options by their path in the grid. */
export type Choices = Variant['choices'];

export interface TunedPipeline {
  readonly pipeline: string;
  /** Whether it has a stage that is trained: its weights stay as they are, whoever they were trained on. */
  readonly learned: boolean;
  /** How many settings the grid has for it; 1, without choices, where it does not concern it. */
  readonly settings: number;
  /** Chosen on all labelled instances: what `tuned.yaml` holds. */
  readonly choices: Choices;
  readonly splits: readonly SplitOutcome[];
  /** Means over the halves that were not tuned on, as far as they went; undefined where none did. */
  readonly tuned: Trial | undefined;
  readonly written: Trial | undefined;
  /** Settings that failed, on halves or on all. */
  readonly failed: readonly FailedSetting[];
}

export interface Tuning {
  readonly metric: string;
  readonly seed: number;
  readonly splits: number;
  readonly pipelines: readonly TunedPipeline[];
  /** Absolute folder of `tuned.yaml` and the comparison. */
  readonly output: string;
}
