import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { runFiles } from '../../src/pipeline/run-files.js';
import { dataYaml, Sandbox } from '../pipeline/sandbox.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const page = readFileSync(`${root}/docs/from-code.md`, 'utf8');
const [, code] = /```ts\n([^]*?)```/.exec(page)!;
const stages = 'knnBuilder: { type: exact, k: 6 }\nproposalGenerator: knn-edges\ndeoverlapper: connected-components\n';

describe('docs/from-code.md', () => {
  let box: Sandbox;
  beforeEach(() => {
    box = new Sandbox();
    box.faces();
  });
  afterEach(() => box.remove());

  /** The code as it stands, against the sources, where `faces.yaml` lies. */
  const run = () => {
    const script = box.write('cluster.mts', code.replaceAll("'@l2c/core'", `'${root}/packages/core/src/index.ts'`));
    return spawnSync(process.execPath, ['--import', tsx, script], {
      cwd: box.path,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', TSX_TSCONFIG_PATH: `${root}/tsconfig.base.json` },
    });
  };

  it('clusters, and reads the labels', () => {
    box.write('faces.yaml', dataYaml + stages);
    const { stdout, stderr } = run();
    expect(stdout, stderr).to.equal('30 faces, 6 clusters, 0 of one face\nface 0 is in cluster 0\nbcubed f 1.0000\n');
    expect(stderr).to.equal('');
  });

  it('says what is wrong with a file, and goes without labels', () => {
    box.write('faces.yaml', dataYaml + stages.replace('k: 6', 'k: 60'));
    const refused = run();
    expect(refused.status).to.equal(2);
    expect(refused.stderr).to.match(
      /^E_CONFIG faces\.yaml:2:\d+ knnBuilder\.k 60 neighbours of 30 instances at most 29/,
    );
    box.write('faces.yaml', `data: { features: features.bin, dim: 16 }\n${stages}`);
    const { status, stdout } = run();
    expect(status).to.equal(0);
    expect(stdout).to.include('6 clusters').and.not.include('bcubed');
  });

  it('names every option, and what it is where it is left out', async () => {
    const names = ['settings', 'only', 'output', 'cache', 'keep', 'log', 'observer', 'signal'];
    const table = [...page.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    expect(table).to.deep.equal(names);
    const [summary] = await runFiles([box.write('faces.yaml', dataYaml + stages)]);
    expect(summary).to.include({ instances: 30, output: box.file('runs/pipeline') });
    const aborted = await runFiles([box.file('faces.yaml')], { cache: false, signal: AbortSignal.abort(), settings: ['deoverlapper={ type: connected-components, threshold: auto }'] }).catch((error: unknown) => error); // prettier-ignore
    expect(aborted).to.have.property('code', 'E_ABORTED');
  });
});
