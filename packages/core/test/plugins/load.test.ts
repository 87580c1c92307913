import { expect } from 'chai';
import { L2cError } from '../../src/errors.js';
import { loadPlugin } from '../../src/plugins/load.js';
import { definePlugin } from '../../src/plugins/plugin.js';
import { Registry } from '../../src/plugins/registry.js';
import { defineStage } from '../../src/stages/define-stage.js';
import { Sandbox } from '../pipeline/sandbox.js';

const plugin = (name: string) => `export default { name: '${name}', version: '1.2.3', presets: {}, stages: [] };\n`;

describe('plugins', () => {
  let box: Sandbox;
  beforeEach(() => {
    box = new Sandbox();
  });
  afterEach(() => box.remove());

  const refusal = async (specifier: string): Promise<string> => {
    try {
      await loadPlugin(specifier, box.path);
    } catch (error) {
      expect(error).to.be.instanceOf(L2cError).with.property('code', 'E_PLUGIN');
      return (error as Error).message;
    }
    throw new Error('accepted');
  };

  it('load by file, by folder, and by package name seen from the user’s directory', async () => {
    box.write('a.mjs', plugin('by-file'));
    box.write('b/package.json', '{ "name": "b", "type": "module", "main": "main.js" }');
    box.write('b/main.js', plugin('by-folder'));
    box.write(
      'node_modules/@x/c/package.json',
      '{ "name": "@x/c", "type": "module", "exports": { ".": { "import": "./c.js" } } }',
    );
    box.write('node_modules/@x/c/c.js', plugin('by-name'));
    expect((await loadPlugin('./a.mjs', box.path)).name).to.equal('by-file');
    expect((await loadPlugin('./b', box.path)).name).to.equal('by-folder');
    expect(await loadPlugin('@x/c', box.path)).to.include({ name: 'by-name', version: '1.2.3' });
  });

  it('refuse what is absent, throws, is no plugin, or has an impossible name', async () => {
    box.write('throws.mjs', 'throw new Error("out of beans");');
    box.write('other.mjs', 'export default 5;');
    box.write('name.mjs', plugin('Not Kebab'));
    box.write('stage.mjs', `export default { name: 'x', stages: [{ type: 'a' }] };`);
    expect(await refusal('./nowhere.mjs')).to.include('there is no');
    expect(await refusal('@l2c/plugin-nowhere')).to.include('npm install @l2c/plugin-nowhere');
    expect(await refusal('l2c-plugin-nowhere')).to.include('npm install l2c-plugin-nowhere');
    // Who knows what is published under any other name?
    for (const name of ['@x/nowhere', 'nowhere', 'not-l2c-plugin-x'])
      expect(await refusal(name))
        .to.include('./path')
        .and.not.include('npm install');
    box.write('mine/package.json', '{}');
    expect(await refusal('mine'))
      .to.include('write ./mine')
      .and.not.include('npm install');
    box.write('node_modules/l2c-plugin-hollow/package.json', '{ "exports": { "import": "./absent.js" } }');
    expect(await refusal('l2c-plugin-hollow')).to.match(/throws while it loads: .*absent\.js/);
    expect(await refusal('./throws.mjs')).to.include('out of beans');
    expect(await refusal('./other.mjs')).to.include('definePlugin');
    expect(await refusal('./name.mjs')).to.include('kebab-case');
    expect(await refusal('./stage.mjs')).to.include('defineStage');
  });

  const stage = (type: string) =>
    defineStage({
      kind: 'evaluator',
      type,
      summary: 'Nothing.',
      options: { type: 'object', additionalProperties: false, properties: {}, required: [] } as never,
      create: () => ({ evaluate: () => ({}) }),
    });

  it('refuse a second plugin of one name and a type listed twice', () => {
    const one = definePlugin({ name: 'one', stages: [stage('a')] });
    expect(() => new Registry([one, one])).to.throw(L2cError, 'loaded already');
    expect(() => new Registry([definePlugin({ name: 'two', stages: [stage('a'), stage('a')] })])).to.throw(
      L2cError,
      'twice',
    );
  });

  it('have short names while those are unique and full names always', () => {
    const registry = new Registry([
      definePlugin({ name: 'one', stages: [stage('a'), stage('b')] }),
      definePlugin({ name: 'two', stages: [stage('a')] }),
    ]);
    expect(registry.find('evaluator', 'b')).to.have.nested.property('found.fullName', 'one/b');
    expect(registry.find('evaluator', 'two/a')).to.have.nested.property('found.fullName', 'two/a');
    expect(registry.find('evaluator', 'a')).to.have.property('fact').that.includes('one/a and two/a');
    expect(registry.typeNames('evaluator')).to.deep.equal(['one/a', 'b', 'two/a']);
  });
});
