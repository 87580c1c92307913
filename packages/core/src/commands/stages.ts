import { Args } from '@oclif/core';
import { listFlag } from '../flags.js';
import { L2cCommand } from '../l2c-command.js';
import type { StageSheet } from '../report/stage-sheet.js';

export default class Stages extends L2cCommand {
  static override summary = 'Lists the stages, or shows one with its options, cost and paper.';
  static override args = { type: Args.string({ description: 'Type of a stage: nms, or core/nms.' }) };
  static override flags = {
    plugin: listFlag('Plugin to load, by package name or ./path.'),
  };

  async run(): Promise<{ stages: StageSheet[] }> {
    const { args, flags } = await this.parse(Stages);
    const { loadRegistry } = await import('../plugins/load-registry.js');
    const { hasStage, listStages, showStage, stageSheets } = await import('../report/stage-sheet.js');
    const registry = await loadRegistry(flags.plugin, process.cwd());
    const unknown = args.type !== undefined && !hasStage(registry, args.type);
    const stages = stageSheets(registry, args.type, unknown ? await pluginOf(args.type!) : undefined);
    this.say(args.type === undefined ? listStages(stages) : stages.map(showStage).join('\n\n'));
    return { stages };
  }
}

/** Which plugin that is installed has a stage. */
async function pluginOf(stage: string): Promise<string | undefined> {
  const { installedPlugins, pluginWith } = await import('../plugins/installed.js');
  return pluginWith(await installedPlugins(process.cwd()), { stage })?.specifier;
}
