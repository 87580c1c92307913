import { featureBytes } from '../formats/bin.js';
import { tinyFaces } from '../testing/tiny-faces.js';
import { indexSource, packageJson, pipelineYaml, readme, stageDocument, type PluginNames } from './documents.js';
import { stageSource, stageTestSource } from './stage.js';

/** The made-up data set that a new plugin is tried on. */
const sizes = [12, 10, 9, 8, 7, 6, 6, 5, 4, 4, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1];

/** Every file of a new plugin, by its path with slashes. */
export function pluginFiles(names: PluginNames): ReadonlyMap<string, string | Uint8Array> {
  const { dim, features, truth } = tinyFaces({ sizes, dim: 32, noise: 0.75 });
  return new Map<string, string | Uint8Array>([
    ['package.json', packageJson(names)],
    ['README.md', readme(names)],
    ['.gitignore', 'node_modules/\nruns/\n'],
    ['.mocharc.cjs', "module.exports = { spec: ['test/**/*.test.js'] };\n"],
    ['src/index.js', indexSource(names)],
    ['src/mutual-links.js', stageSource],
    ['test/mutual-links.test.js', stageTestSource],
    ['docs/mutual-links.md', stageDocument],
    ['pipeline.yaml', pipelineYaml(dim)],
    ['data/faces.bin', Buffer.concat([...featureBytes(features)])],
    ['data/labels.meta', `${truth.join('\n')}\n`],
  ]);
}
