import { Args } from '@oclif/core';
import { settingFlag } from '../flags.js';
import { L2cCommand } from '../l2c-command.js';
import { spellControls } from '../spell-controls.js';

export default class Validate extends L2cCommand {
  static override summary = 'Checks a pipeline file without running it; every problem at once, with its place.';
  static override args = { file: Args.string({ description: 'Pipeline file.', required: true }) };
  static override flags = {
    set: settingFlag(),
  };

  async run(): Promise<{ valid: true; pipelines: string[]; instances: number; dim: number }> {
    const { args, flags } = await this.parse(Validate);
    const { planFile } = await import('../pipeline/validate.js');
    const { pipelines, facts } = await planFile(args.file, { settings: flags.set });
    const names = pipelines.map(({ name }) => name);
    this.say(
      spellControls(
        `${args.file}: valid; ${facts.n} x ${facts.dim} features, ${names.length} pipeline${names.length === 1 ? '' : 's'}: ${names.join(', ')}`,
      ),
    );
    return { valid: true, pipelines: names, instances: facts.n, dim: facts.dim };
  }
}
