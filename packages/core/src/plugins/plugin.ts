import type { StageDefinition } from '../stages/define-stage.js';

/** A whole pipeline with a paper's parameters, in the pipeline language (stage keys, or `rounds`). */
export interface Preset {
  /** One sentence with the paper, for lists and docs. */
  readonly summary: string;
  readonly pipeline: Readonly<Record<string, unknown>>;
}

/** A named list of stages, and presets made of them: the default export of a plugin package. */
export interface Plugin {
  /** kebab-case, without scope: `vegcn` gives `vegcn/gcn-v`. */
  readonly name: string;
  readonly version: string;
  readonly stages: readonly StageDefinition[];
  readonly presets: Readonly<Record<string, Preset>>;
  /** Set while loading: a hash of the source of a plugin that is not installed as a package. Part of the keys of its results. */
  readonly content?: string | undefined;
}

export function definePlugin(plugin: {
  readonly name: string;
  readonly version?: string;
  readonly stages: readonly StageDefinition[];
  readonly presets?: Readonly<Record<string, Preset>>;
}): Plugin {
  return Object.freeze({ version: '0.0.0', presets: {}, ...plugin });
}
