import { Flags } from '@oclif/core';
import type { Metrics } from '../data/metrics.js';
import { L2cCommand } from '../l2c-command.js';

export default class Evaluate extends L2cCommand {
  static override summary = 'Compares predicted labels with true ones.';
  static override description =
    'Instances whose true label is -1 are left out; a predicted -1 is a cluster of its own.';
  static override examples = [
    '<%= config.bin %> evaluate --labels truth.meta --predictions runs/cdp/labels.meta --metric pairwise,bcubed,nmi',
  ];
  static override flags = {
    labels: Flags.string({ description: 'True identities: .meta, .npy or .npz.', required: true }),
    predictions: Flags.string({ description: 'Predicted labels: .meta, .npy or .npz.', required: true }),
    metric: Flags.string({ description: 'Evaluators, separated by commas.', default: 'pairwise,bcubed,nmi' }),
  };

  async run(): Promise<{ metrics: Metrics; instances: number; identities: number; clusters: number }> {
    const { flags } = await this.parse(Evaluate);
    const { evaluateFiles } = await import('../pipeline/evaluate-files.js');
    const result = await evaluateFiles(flags.labels, flags.predictions, flags.metric.split(','));
    this.say(`${result.instances} instances, ${result.identities} identities, ${result.clusters} clusters`);
    for (const [name, value] of Object.entries(result.metrics))
      this.say(`${name.padEnd(20)} ${(100 * value).toFixed(2)} %`);
    return result;
  }
}
