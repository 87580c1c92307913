import { expect } from 'chai';
import { contentOf } from '../../src/plugins/content.js';
import { loadPlugin } from '../../src/plugins/load.js';
import { cli } from '../pipeline/cli.js';
import { dataYaml, Sandbox } from '../pipeline/sandbox.js';

describe('content of a plugin', () => {
  let box: Sandbox;
  beforeEach(() => {
    box = new Sandbox();
  });
  afterEach(() => box.remove());

  let copies = 0;
  /** The hash of a plugin with these files and the entry `main.js`: in a folder of its own, as if a process had just begun. */
  const hashOf = (files: Record<string, string>): string | undefined => {
    const folder = `copy${copies++}`;
    for (const [name, text] of Object.entries(files)) box.write(`${folder}/${name}`, text);
    return contentOf(box.file(`${folder}/main.js`));
  };

  const sources = {
    'main.js': "import { a } from './src/a.js'; import json from './table.json' with { type: 'json' };",
    'src/a.js': 'export { b } from \'../b.mjs\'; new Worker(new URL("./worker.cjs", import.meta.url));',
    'b.mjs': "import('./late.js'); import './index-of';",
    'src/worker.cjs': "require('./typed.js');",
    'src/typed.ts': 'export const b = 1;',
    'late.js': "import './main.js';",
    'index-of/index.js': '1;',
    'table.json': '{}',
  };

  it('is that of all files that its code names, in whatever folder it lies', () => {
    const before = hashOf(sources);
    expect(before).to.match(/^[0-9a-f]{40}$/);
    expect(hashOf(sources)).to.equal(before);
    for (const [name, text] of Object.entries(sources))
      expect(hashOf({ ...sources, [name]: `${text} ` }), name).not.to.equal(before);
  });

  it('is not that of results, tests and packages beside them', () => {
    const beside = { 'runs/metrics.json': '{}', 'test/a.test.js': "import '../main.js';", 'node_modules/x/x.js': '1' };
    expect(hashOf({ ...sources, ...beside })).to.equal(hashOf(sources));
    const imports = { ...sources, 'late.js': "import './node_modules/x/x.js';" };
    expect(hashOf({ ...imports, 'node_modules/x/x.js': '1' })).to.equal(
      hashOf({ ...imports, 'node_modules/x/x.js': '2' }),
    );
  });

  it('is absent for an installed package, which has a version', async () => {
    const plugin = "export default { name: 'one', version: '1.2.3', stages: [] };";
    box.write(
      'node_modules/l2c-plugin-one/package.json',
      '{ "name": "l2c-plugin-one", "type": "module", "main": "m.js" }',
    );
    box.write('node_modules/l2c-plugin-one/m.js', plugin);
    box.write('one.mjs', plugin);
    expect((await loadPlugin('l2c-plugin-one', box.path)).content).to.equal(undefined);
    expect((await loadPlugin('./one.mjs', box.path)).content).to.match(/^[0-9a-f]{40}$/);
  });

  it('holds while the process lasts, as the module does that was loaded', () => {
    box.write('main.js', '1;');
    const before = contentOf(box.file('main.js'));
    box.write('main.js', '2;');
    expect(contentOf(box.file('main.js'))).to.equal(before);
  });

  it('makes a run do what the source says now, and only that anew', async () => {
    box.faces();
    const source = (factor: number): string => `export const factor = ${factor};\n`;
    box.write('plugin/package.json', '{ "type": "module", "main": "main.js" }');
    box.write(
      'plugin/main.js',
      `import { factor } from './factor.js';
const options = { type: 'object', additionalProperties: false, properties: {}, required: [] };
export default { name: 'mine', version: '1.0.0', presets: {}, stages: [{ kind: 'scorer', type: 'scale', version: 1, proposals: 'edges',
  knn: false, truth: false, vertices: false, gives: [], trainable: false, summary: 's', options, check: async () => [],
  create: () => ({ score: (proposals, context, previous) => ({ ...previous, proposals: previous.proposals.map((s) => factor * s) }) }) }] };
`,
    );
    const file = box.write(
      'pipeline.yaml',
      `plugins: [./plugin]\n${dataYaml}knnBuilder: { type: exact, k: 6 }\nproposalGenerator: knn-edges\nscorer: scale\ndeoverlapper: { type: connected-components, threshold: 0.6 }\n`,
    );
    const run = async (factor: number): Promise<{ clusters: number; cached: boolean[] }> => {
      box.write('plugin/factor.js', source(factor));
      const { stdout, stderr } = await cli(['run', file, '--json']);
      const { pipelines } = JSON.parse(stdout || stderr) as {
        pipelines: { clusters: number; stages: { cached: boolean }[] }[];
      };
      return { clusters: pipelines[0].clusters, cached: pipelines[0].stages.map(({ cached }) => cached) };
    };
    expect(await run(1)).to.deep.equal({ clusters: 6, cached: [false, false, false, false] });
    expect(await run(1)).to.deep.equal({ clusters: 6, cached: [true, true, true, true] });
    expect(await run(0.1)).to.deep.equal({ clusters: 30, cached: [true, true, false, false] });
    expect(await run(1)).to.deep.equal({ clusters: 6, cached: [true, true, true, true] });
  });
});
