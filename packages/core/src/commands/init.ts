import { relative } from 'node:path';
import { Args } from '@oclif/core';
import { L2cCommand } from '../l2c-command.js';
import type { WrittenPlugin } from '../templates/write-plugin.js';

export default class Init extends L2cCommand {
  static override summary =
    'Writes a runnable plugin: a stage with its schema, tests, doc, and a pipeline that uses it.';
  static override description =
    'It goes into a new folder of that name. Plain JavaScript with typed comments: nothing to build.';
  static override examples = ['<%= config.bin %> init my-plugin'];
  static override args = { name: Args.string({ description: 'Folder and package name, kebab-case.', required: true }) };

  async run(): Promise<WrittenPlugin> {
    const { args } = await this.parse(Init);
    const { writePlugin } = await import('../templates/write-plugin.js');
    const written = await writePlugin(args.name, process.cwd());
    for (const file of written.files) this.log(`  ${args.name}/${file}`);
    this.log(`\nNext:\n  cd ${relative(process.cwd(), written.folder)}\n  npm install\n  npm test\n  npm start`);
    return written;
  }
}
