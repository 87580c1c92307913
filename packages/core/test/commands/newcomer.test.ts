import { expect } from 'chai';
import { cli } from '../pipeline/cli.js';
import { dataYaml, Sandbox } from '../pipeline/sandbox.js';

describe('the command line', () => {
  let box: Sandbox;
  before(() => {
    box = new Sandbox();
    box.faces();
    box.write('node_modules/@l2c/plugin-knots/package.json', '{ "type": "module", "main": "main.js" }');
    box.write(
      'node_modules/@l2c/plugin-knots/main.js',
      `const options = { type: 'object', additionalProperties: false, required: [], properties: {} };
export default { name: 'knots', version: '1.0.0', presets: {}, stages: [
  { kind: 'scorer', type: 'knot', version: 1, proposals: 'edges', gives: [], summary: 'Ties.', options, create: () => ({}), check: async () => [] }] };
`,
    );
  });
  after(() => box.remove());

  const l2c = (...args: string[]) => cli(args, { cwd: box.path });

  it('lists the commands to who asks for one that is not there, and names one that is close', async () => {
    const far = await l2c('frobnicate');
    expect(far.status).to.equal(2);
    expect(far.stderr).to.match(/^E_USAGE l2c frobnicate: no such command; known: .*\brun\b.*\bvalidate\b/);
    const near = await l2c('valdate');
    expect(near.stderr).to.match(/did you mean "validate"\?/);
  });

  it('says which plugin has a stage, and takes its name beside the type', async () => {
    const refused = await l2c('stages', 'knot');
    expect(refused.status).to.equal(2);
    expect(refused.stderr).to.include('@l2c/plugin-knots has it: add --plugin @l2c/plugin-knots');
    const shown = await l2c('stages', '--plugin', '@l2c/plugin-knots', 'knot');
    expect(shown.status, shown.stderr).to.equal(0);
    expect(shown.stdout).to.match(/^knots\/knot \(scorer/);
    expect(shown.stdout).not.to.include('core/');
  });

  it('shows the plugin that was asked for before the core', async () => {
    const { stdout, stderr } = await l2c('plugins', '@l2c/plugin-knots');
    expect(stdout, stderr).to.match(/^knots 1\.0\.0\n[^]*\ncore /);
  });

  it('says nothing but warnings with --quiet', async () => {
    const links = 'knnBuilder: { type: exact, k: 6 }\nproposalGenerator: knn-edges\n';
    box.write('quiet.yaml', `${dataYaml}${links}deoverlapper: { type: connected-components, threshold: auto }\n`);
    const loud = await l2c('run', 'quiet.yaml');
    expect(loud.stderr).to.match(/deoverlapper: threshold chosen/);
    const quiet = await l2c('run', 'quiet.yaml', '--quiet', '--set', 'deoverlapper.threshold=7');
    expect(quiet.status).to.equal(0);
    expect(quiet.stderr).to.match(/^warning: deoverlapper: no link scores at least 7; .*\n$/);
    expect(quiet.stdout).to.include('bcubed f');
  });
});
