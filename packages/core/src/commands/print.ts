import { Args } from '@oclif/core';
import { settingFlag } from '../flags.js';
import { L2cCommand } from '../l2c-command.js';

export default class Print extends L2cCommand {
  static override summary = 'Writes a pipeline file back with presets expanded and every default filled in.';
  static override args = { file: Args.string({ description: 'Pipeline file.', required: true }) };
  static override flags = {
    set: settingFlag(),
  };

  async run(): Promise<{ yaml: string }> {
    const { args, flags } = await this.parse(Print);
    const { planFile } = await import('../pipeline/validate.js');
    const { printPlan } = await import('../pipeline/print.js');
    const yaml = printPlan(await planFile(args.file, { settings: flags.set }));
    this.log(yaml.trimEnd());
    return { yaml };
  }
}
