import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { L2cError } from '../../src/errors.js';
import { parseMeta } from '../../src/formats/meta.js';
import { identitySplits } from '../../src/pipeline/identity-split.js';
import { printPlan } from '../../src/pipeline/print.js';
import { runFiles } from '../../src/pipeline/run-files.js';
import { planFile } from '../../src/pipeline/validate.js';
import { quietRun, Sandbox } from './sandbox.js';

const stages = `
knnBuilder: { type: exact, k: 4 }
proposalGenerator: knn-edges
deoverlapper: { type: connected-components, threshold: 0.5 }
`;

describe('half of the identities', () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
    sandbox.faces();
  });
  afterEach(() => sandbox.remove());

  const meta = (path: string): Int32Array => parseMeta(readFileSync(path), path);

  async function labelsOf(half: string, seed = 1): Promise<Int32Array> {
    const data = `data: { features: features.bin, dim: 16, labels: labels.meta, half: ${half}, seed: ${seed} }`;
    const file = sandbox.write(`${half}-${seed}.yaml`, `${data}${stages}`);
    await runFiles([file], quietRun({ output: sandbox.file(`runs-${half}-${seed}`) }));
    return meta(sandbox.file(`runs-${half}-${seed}/pipeline/labels.meta`));
  }

  it('is clustered as if there were no other', async () => {
    const truth = meta(sandbox.file('labels.meta'));
    const [split] = identitySplits(truth, 1, 1);
    const [training, testing] = [await labelsOf('training'), await labelsOf('testing')];
    for (let row = 0; row < truth.length; row++) {
      expect(training[row] !== -1, `row ${row}`).to.equal(split.tuning.includes(row));
      expect(testing[row] !== -1, `row ${row}`).to.equal(split.testing.includes(row));
    }
    expect(new Set(training)).to.deep.equal(new Set([-1, 0, 1, 2]));
    expect(await labelsOf('training', 2)).not.to.deep.equal(training);
  });

  it('is printed, and needs labels', async () => {
    const data = 'data: { features: features.bin, dim: 16, labels: labels.meta, half: testing, seed: 3 }';
    const plan = await planFile(sandbox.write('a.yaml', data + stages), { settings: [] });
    expect(printPlan(plan)).to.include('  half: testing\n  seed: 3\n');
    const bare = sandbox.write('b.yaml', `data: { features: features.bin, dim: 16, half: testing }${stages}`);
    const refused = await planFile(bare, { settings: [] }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).to.be.instanceOf(L2cError);
    expect((refused as L2cError).message)
      .to.include('data.half')
      .and.include('data.labels');
  });

  it('is refused where it has no two faces, or the other half has none', async () => {
    sandbox.write('labels.meta', `${new Array<number>(30).fill(-1).fill(5, 0, 3).join('\n')}\n`);
    for (const [half, fact] of [
      ['testing', 'the testing half has 0 rows'],
      ['training', 'all rows are of one identity: the training half would be everything'],
    ]) {
      const refused = await labelsOf(half).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect((refused as L2cError).code).to.equal('E_DATA');
      expect((refused as L2cError).message)
        .to.include(fact)
        .and.include('of 2 people');
    }
  });
});
