import { readFileSync, statSync } from 'node:fs';
import { expect } from 'chai';
import { readInputs } from '../../src/pipeline/inputs.js';
import { printPlan } from '../../src/pipeline/print.js';
import { runFiles } from '../../src/pipeline/run-files.js';
import { planFile } from '../../src/pipeline/validate.js';
import { quietRun, Sandbox } from './sandbox.js';

const stages = `
knnBuilder: { type: exact, k: 4 }
proposalGenerator: knn-edges
deoverlapper: { type: connected-components, threshold: 0.5 }
`;

describe('data.storage', () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
    sandbox.faces();
  });
  afterEach(() => sandbox.remove());

  const file = (storage: string): string =>
    sandbox.write(`${storage}.yaml`, `data: { features: features.bin, dim: 16, storage: ${storage} }${stages}`);

  it('float16 is what stages see, printed, and told from float32 by the cache', async () => {
    const plan = await planFile(file('float16'), { settings: [] });
    expect(printPlan(plan)).to.include('  storage: float16\n');
    const halves = await readInputs(plan.data, plan.facts.n);
    expect(halves.features.storage).to.equal('float16');
    const wide = await readInputs((await planFile(file('float32'), { settings: [] })).data, plan.facts.n);
    expect(wide.features.storage).to.equal('float32');
    expect(wide.featuresKey).not.to.equal(halves.featuresKey);
    expect(statSync(sandbox.file('features.bin')).size).to.equal(2 * halves.features.bytes);
  });

  it('float16 finds the clusters that float32 finds', async () => {
    const labels: string[] = [];
    for (const storage of ['float16', 'float32']) {
      await runFiles([file(storage)], quietRun({ output: sandbox.file(`runs-${storage}`) }));
      labels.push(readFileSync(sandbox.file(`runs-${storage}/pipeline/labels.meta`), 'utf8'));
    }
    expect(labels[0]).to.equal(labels[1]);
  });
});
