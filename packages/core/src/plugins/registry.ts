import { problem } from '../errors.js';
import { didYouMean } from '../stages/did-you-mean.js';
import type { StageDefinition } from '../stages/define-stage.js';
import type { StageKind } from '../stages/interfaces.js';
import type { Plugin, Preset } from './plugin.js';

/** A stage and the plugin it came with. */
export interface RegisteredStage {
  readonly plugin: Plugin;
  readonly definition: StageDefinition;
  /** `vegcn/gcn-v`. */
  readonly fullName: string;
}

/** What a name stands for, or why it stands for nothing. */
export type Lookup<T> = { readonly found: T } | { readonly fact: string; readonly wayOut: string | undefined };

/** Every stage and preset of the loaded plugins, in the order of loading. */
export class Registry {
  private readonly byName = new Map<string, Plugin>();
  private readonly stagesByFullName = new Map<string, RegisteredStage>();

  constructor(plugins: readonly Plugin[] = []) {
    for (const plugin of plugins) this.add(plugin);
  }

  /** Refuses a second plugin of the same name and a plugin that lists one type twice for a kind. */
  add(plugin: Plugin): void {
    if (this.byName.has(plugin.name)) {
      throw problem(
        'E_PLUGIN',
        `plugin ${plugin.name}`,
        'a plugin of this name is loaded already',
        'list it once, or rename one of the two',
      );
    }
    const added = new Map<string, RegisteredStage>();
    for (const definition of plugin.stages) {
      const fullName = `${plugin.name}/${definition.type}`;
      const key = `${definition.kind} ${fullName}`;
      if (added.has(key)) {
        throw problem(
          'E_PLUGIN',
          `plugin ${plugin.name}`,
          `defines the ${definition.kind} "${definition.type}" twice`,
          'remove one of the two from its list of stages',
        );
      }
      added.set(key, { plugin, definition, fullName });
    }
    for (const [key, stage] of added) this.stagesByFullName.set(key, stage);
    this.byName.set(plugin.name, plugin);
  }

  get plugins(): readonly Plugin[] {
    return [...this.byName.values()];
  }

  /** All stages, or those of one kind. */
  stages(kind?: StageKind): readonly RegisteredStage[] {
    const all = [...this.stagesByFullName.values()];
    return kind === undefined ? all : all.filter((stage) => stage.definition.kind === kind);
  }

  /** Names a pipeline may use for a stage: short where that is unique among the kind, full otherwise. */
  typeNames(kind: StageKind): string[] {
    const stages = this.stages(kind);
    return stages.map(({ definition, fullName }) =>
      stages.filter((other) => other.definition.type === definition.type).length === 1 ? definition.type : fullName,
    );
  }

  /** Finds a stage by `type` or `plugin/type`. */
  find(kind: StageKind, type: string): Lookup<RegisteredStage> {
    const stages = this.stages(kind);
    const exact = stages.find((stage) => stage.fullName === type);
    if (exact !== undefined) return { found: exact };
    const short = stages.filter((stage) => stage.definition.type === type);
    if (short.length === 1) return { found: short[0] };
    if (short.length > 1) {
      const names = short.map((stage) => stage.fullName).join(' and ');
      return { fact: `"${type}" is ambiguous: ${names} have it`, wayOut: 'write the full name' };
    }
    const elsewhere = this.stages().find((stage) => stage.definition.type === type || stage.fullName === type);
    if (elsewhere !== undefined) {
      return {
        fact: `"${type}" is a ${elsewhere.definition.kind}, not a ${kind}`,
        wayOut: `put it under "${elsewhere.definition.kind}"`,
      };
    }
    const names = [...this.typeNames(kind), ...stages.map((stage) => stage.fullName)];
    const guess = didYouMean(type, names);
    const known = `known: ${this.typeNames(kind).join(', ')}; is its plugin listed under "plugins"?`;
    const wayOut = guess?.startsWith('did') === true ? guess : known;
    return { fact: `no ${kind} of type "${type}"`, wayOut };
  }

  /** Finds a preset by `plugin/name`, or by name alone where that is unique. */
  findPreset(name: string): Lookup<Preset> {
    const all = this.plugins.flatMap((plugin) =>
      Object.entries(plugin.presets).map(([key, preset]) => ({ full: `${plugin.name}/${key}`, key, preset })),
    );
    const matches = all.filter((entry) => entry.full === name || entry.key === name);
    const exact = matches.find((entry) => entry.full === name) ?? (matches.length === 1 ? matches[0] : undefined);
    if (exact !== undefined) return { found: exact.preset };
    if (matches.length > 1) {
      return {
        fact: `preset "${name}" is ambiguous`,
        wayOut: `write one of ${matches.map((entry) => entry.full).join(', ')}`,
      };
    }
    const names = all.map((entry) => entry.full);
    return { fact: `no preset "${name}"`, wayOut: didYouMean(name, names) ?? 'is its plugin listed under "plugins"?' };
  }
}
