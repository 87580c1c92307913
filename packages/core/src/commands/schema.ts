import { listFlag } from '../flags.js';
import { L2cCommand } from '../l2c-command.js';

export default class Schema extends L2cCommand {
  static override summary = 'Prints the JSON Schema of pipeline files, for editors.';
  static override examples = ['<%= config.bin %> schema --plugin @l2c/plugin-baselines > pipeline.schema.json'];
  static override flags = {
    plugin: listFlag('Plugin whose stages to include, by package name or ./path.'),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Schema);
    const { loadRegistry } = await import('../plugins/load-registry.js');
    const { pipelineSchema } = await import('../pipeline/schema.js');
    const schema = pipelineSchema(await loadRegistry(flags.plugin, process.cwd()));
    this.log(JSON.stringify(schema, undefined, 2));
    return schema;
  }
}
