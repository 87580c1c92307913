import { expect } from 'chai';
import type { L2cError } from '../../src/errors.js';
import { evaluateFiles } from '../../src/pipeline/evaluate-files.js';
import { Sandbox } from './sandbox.js';

describe('evaluation of files', () => {
  let box: Sandbox;
  beforeEach(() => (box = new Sandbox()));
  afterEach(() => box.remove());

  it('compares labels, each predicted -1 a cluster of its own', async () => {
    const truth = box.write('truth.meta', '0\n0\n1\n-1\n');
    const { metrics, ...counts } = await evaluateFiles(truth, box.write('found.meta', '5\n-1\n-1\n5\n'), ['bcubed']);
    expect(counts).to.deep.equal({ instances: 4, identities: 2, clusters: 3 });
    expect(metrics['bcubed precision']).to.equal(1);
    expect(metrics['bcubed recall']).to.be.closeTo(2 / 3, 1e-12);
  });

  it('refuses files without a label, or none that is known', async () => {
    const refused = async (content: string): Promise<string> => {
      const file = box.write('labels.meta', content);
      return evaluateFiles(file, file, ['nmi']).then(String, ({ code, message }: L2cError) => `${code} ${message}`);
    };
    expect(await refused('')).to.match(/^E_DATA .*labels\.meta: holds no label; /);
    expect(await refused('-1\n-1\n')).to.match(/^E_DATA .*no instance has a known identity/);
  });
});
