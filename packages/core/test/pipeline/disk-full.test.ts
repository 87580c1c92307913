import { existsSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { cli } from './cli.js';
import { dataYaml, Sandbox } from './sandbox.js';

const pipeline = (name: string, k: number): string => `
  ${name}:
    knnBuilder: { type: exact, k: ${k} }
    proposalGenerator: knn-edges
    deoverlapper: { type: connected-components, threshold: 0.6 }`;

interface Told {
  readonly pipelines: readonly {
    readonly pipeline: string;
    readonly stages: readonly { readonly cached: boolean }[];
  }[];
}

describe('l2c run, where a result does not fit the disk', () => {
  let box: Sandbox;
  beforeEach(() => (box = new Sandbox()));
  afterEach(() => box.remove());

  it('fails with what to do, leaves nothing half-written, and goes on where there is room', async function () {
    if (process.platform === 'win32') this.skip();
    box.faces({ identities: 16, size: 30 });
    const file = box.write('p.yaml', `${dataYaml}pipelines:${pipeline('small', 4)}${pipeline('large', 40)}\n`);
    // the neighbours of "large" take 8 x 40 x 480 bytes, those of "small" a tenth
    const full = await cli(['run', file], { largestFile: 2 ** 16 });
    expect(full.status, full.stderr).to.equal(1);
    expect(full.stderr).to.match(/\.cache\/[0-9a-f]+\.npz: is larger than this disk allows; write to another disk/);
    expect(readdirSync(box.file('runs/.cache')).filter((name) => name.endsWith('.tmp'))).to.deep.equal([]);
    expect(existsSync(box.file('runs/small/labels.meta'))).to.equal(true);
    expect(existsSync(box.file('runs/large/labels.meta'))).to.equal(false);
    const again = await cli(['run', file, '--json']);
    expect(again.status, again.stderr).to.equal(0);
    const { pipelines } = JSON.parse(again.stdout) as Told;
    const cached = Object.fromEntries(
      pipelines.map(({ pipeline: name, stages }) => [name, stages.map((stage) => stage.cached)]),
    );
    expect(cached).to.deep.equal({ small: [true, true, true], large: [false, false, false] });
  });
});
