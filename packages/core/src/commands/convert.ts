import { Args, Flags } from '@oclif/core';
import type { ConvertResult } from '../formats/convert.js';
import { L2cCommand } from '../l2c-command.js';
import { spellControls } from '../spell-controls.js';

export default class Convert extends L2cCommand {
  static override summary = 'Converts features, labels, weights and knn files between formats.';
  static override description =
    'Features: .bin, .npy, .npz, and from .csv and .parquet. Labels: .meta, .txt, .npy, .npz. Weights: .pth, .pt, .tar, .safetensors, .npz to .safetensors, .npz. ' +
    'Knn files: .npz of the reference and of l2c. Values stay as they are; a pickle is read as data, never run.';
  static override examples = [
    '<%= config.bin %> convert part1_test.bin part1_test.npy --dim 256',
    '<%= config.bin %> convert pretrained_gcn_v.pth gcn-v.safetensors',
    '<%= config.bin %> convert faiss_k_80.npz knn.npz --knn-form l2c',
  ];
  static override args = {
    input: Args.string({ description: 'File to read.', required: true }),
    output: Args.string({ description: 'File to write; its extension is its format.', required: true }),
  };
  static override flags = {
    dim: Flags.integer({ description: 'Numbers a row, for features in .bin.', min: 1 }),
    key: Flags.string({ description: 'Which array of an .npz.' }),
    'knn-form': Flags.option({
      description: 'Form of a knn file to write; by default the one the input is not in.',
      options: ['l2c', 'reference'] as const,
    })(),
  };

  async run(): Promise<ConvertResult> {
    const { args, flags } = await this.parse(Convert);
    const { convertFile } = await import('../formats/convert.js');
    const { dim, key, 'knn-form': knnForm } = flags;
    const result = await convertFile(args.input, args.output, { dim, key, knnForm });
    this.log(spellControls(`${result.output}: ${result.kind}, ${result.size}`));
    return result;
  }
}
