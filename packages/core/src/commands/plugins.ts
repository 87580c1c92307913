import { Args } from '@oclif/core';
import { L2cCommand } from '../l2c-command.js';

interface PluginSheet {
  readonly name: string;
  readonly version: string;
  readonly stages: string[];
  readonly presets: Record<string, string>;
}

export default class Plugins extends L2cCommand {
  static override summary = 'Loads plugins and lists what they bring.';
  static override strict = false;
  static override args = {
    plugin: Args.string({ description: 'Package name or ./path; several may be given. Core is always there.' }),
  };

  async run(): Promise<{ plugins: PluginSheet[] }> {
    const { argv } = await this.parse(Plugins);
    const { loadRegistry } = await import('../plugins/load-registry.js');
    const registry = await loadRegistry(argv as string[], process.cwd());
    // Core, which nobody asked for, comes last.
    const [core, ...listed] = registry.plugins;
    const plugins = [...listed, core].map(({ name, version, stages, presets }) => ({
      name,
      version,
      stages: stages.map(({ kind, type }) => `${kind} ${type}`),
      presets: Object.fromEntries(Object.entries(presets).map(([key, { summary }]) => [`${name}/${key}`, summary])),
    }));
    for (const { name, version, stages, presets } of plugins) {
      this.say(`${name} ${version}`);
      for (const stage of stages) this.say(`  ${stage}`);
      for (const [preset, summary] of Object.entries(presets)) this.say(`  preset ${preset}: ${summary}`);
    }
    return { plugins };
  }
}
