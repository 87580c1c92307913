import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { L2cError } from '../../src/errors.js';
import { writePlugin } from '../../src/templates/write-plugin.js';
import { version } from '../../src/version.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const bin = join(root, 'packages/core/bin/run.js');
const mocha = join(root, 'node_modules/mocha/bin/mocha.js');

/** A command as a user would run it: on what was built, without the settings of this test run. */
function run(script: string, args: readonly string[], cwd: string): SpawnSyncReturns<string> {
  const { NODE_OPTIONS: _, TSX_TSCONFIG_PATH: __, ...env } = process.env;
  return spawnSync(process.execPath, [script, ...args], { cwd, env, encoding: 'utf8' });
}

async function refusal(name: string, directory: string): Promise<L2cError> {
  try {
    await writePlugin(name, directory);
  } catch (error) {
    if (error instanceof L2cError) return error;
    throw error;
  }
  throw new RangeError(`init wrote ${name}`);
}

describe('l2c init', () => {
  let directory: string;
  before(() => {
    // Inside the repository, where @l2c/core and mocha are found as npm install would have them found.
    mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
    directory = mkdtempSync(join(root, 'node_modules/.cache/init-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('writes a plugin that passes its own tests and runs', async () => {
    expect(existsSync(join(root, 'packages/core/dist/index.js')), 'run `npm run build` first').to.equal(true);
    const { folder, files } = await writePlugin('l2c-plugin-mutual', directory);
    for (const file of files) expect(existsSync(join(folder, file)), file).to.equal(true);

    const tests = run(mocha, ['--reporter', 'json'], folder);
    expect(tests.status, tests.stdout + tests.stderr).to.equal(0);
    const { stats } = JSON.parse(tests.stdout) as { stats: { passes: number; pending: number } };
    expect(stats.passes).to.be.above(10);
    expect(stats.pending).to.equal(0);

    const result = run(bin, ['run', 'pipeline.yaml', '--json'], folder);
    expect(result.status, result.stdout + result.stderr).to.equal(0);
    const [pipeline] = (JSON.parse(result.stdout) as { pipelines: { metrics: Record<string, number> }[] }).pipelines;
    expect(pipeline.metrics['bcubed f']).to.be.above(0.9);
  });

  it('asks for this version of core and names the plugin without its prefix', async () => {
    const { folder, plugin } = await writePlugin('l2c-plugin-named', directory);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, object>;
    expect(statSync(folder).mode, 'as mkdir makes it').to.equal(statSync(join(folder, 'src')).mode);
    expect(manifest['name']).to.equal('l2c-plugin-named');
    expect(manifest['peerDependencies']).to.deep.equal({ '@l2c/core': `^${version}` });
    expect(plugin).to.equal('named');
  });

  it('points npm to this checkout, since nothing else has this version', async () => {
    const { folder } = await writePlugin('pointed', directory);
    const { devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const [, path] = devDependencies['@l2c/core'].split('file:');
    const own = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(own['name']).to.equal('@l2c/core');
  });

  it('documents the options it has', async () => {
    const { folder } = await writePlugin('documented', directory);
    const stage = readFileSync(join(folder, 'src/mutual-links.js'), 'utf8');
    const documented = readFileSync(join(folder, 'docs/mutual-links.md'), 'utf8');
    const described = [...stage.matchAll(/description: '(.+)'/g)].map(([, text]) => text);
    expect(described).to.have.length(2);
    for (const text of described) expect(documented).to.include(text);
  });

  it('uses an empty folder of that name', async () => {
    mkdirSync(join(directory, 'empty'));
    await writePlugin('empty', directory);
    expect(existsSync(join(directory, 'empty/package.json'))).to.equal(true);
  });

  for (const name of [
    '',
    '.',
    '../up',
    'My-Plugin',
    'a b',
    '-x',
    '1st',
    'a--b',
    'a/b',
    'core',
    'l2c-plugin-core',
    'x'.repeat(101),
  ]) {
    it(`refuses the name "${name.slice(0, 20)}"`, async () => {
      const before = readdirSync(directory);
      const error = await refusal(name, directory);
      expect(error.code).to.equal('E_USAGE');
      expect(error.problems[0].wayOut).to.be.a('string');
      expect(readdirSync(directory)).to.deep.equal(before);
    });
  }

  it('refuses a folder that holds something, and a file', async () => {
    mkdirSync(join(directory, 'full'));
    writeFileSync(join(directory, 'full/mine.txt'), 'mine');
    writeFileSync(join(directory, 'taken'), 'mine');
    const before = readdirSync(directory);
    expect((await refusal('full', directory)).message).to.include('the folder exists and is not empty');
    expect((await refusal('taken', directory)).message).to.include('a file of that name exists');
    expect((await refusal('taken', directory)).code).to.equal('E_OUTPUT');
    expect(readdirSync(join(directory, 'full'))).to.deep.equal(['mine.txt']);
    expect(readdirSync(directory)).to.deep.equal(before);
  });

  it('leaves nothing behind where it can not write', async () => {
    const error = await refusal('orphan', join(directory, 'absent'));
    expect(error.code).to.equal('E_OUTPUT');
    expect(error.cause).to.be.instanceOf(Error);
    expect(existsSync(join(directory, 'absent'))).to.equal(false);
  });
});
