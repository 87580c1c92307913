import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Features, fillOptions, L2cError, readLabels } from '@l2c/core';
import { describeStage, testServices } from '@l2c/core/testing';
import { expect } from 'chai';
import { labelGroups, labelGroupsStage, type LabelGroupsOptions } from '../src/label-groups.js';
import { goldenPath, goldenProposals, setsOf } from './golden.js';

const limits = { minSize: 3, maxSize: 0 };

describe('label-groups', () => {
  for (const name of ['basic_0.7', 'iter1_0', 'iter1_1'] as const) {
    it(`golden proposals of a folder, ${name}`, async () => {
      const labels = await readLabels(goldenPath(`proposals/${name}_pred_labels.txt`));
      expect(setsOf(labelGroups(2000, [labels], limits))).to.deep.equal(setsOf(await goldenProposals(name)));
    });
  }

  it('are those of all files, each set once, within the limits of size', () => {
    const partitions = [Int32Array.of(4, 4, 4, 9, 9, -1, -1), Int32Array.of(0, 0, 0, 1, 1, 1, 1), Int32Array.of(2, 2)];
    const sets = (minSize: number, maxSize: number) => setsOf(labelGroups(8, partitions, { minSize, maxSize }));
    expect(sets(3, 0)).to.deep.equal(['0 1 2', '3 4 5 6']);
    expect(sets(2, 3)).to.deep.equal(['0 1', '0 1 2', '3 4']);
    expect(sets(1, 2)).to.deep.equal(['0 1', '3 4']);
    expect(labelGroups(8, [], limits).offsets.length).to.equal(1);
  });

  it('takes a file that ends early, with a warning, and refuses one that is too long', async () => {
    const warnings: string[] = [];
    const log = { debug: () => undefined, info: () => undefined, warn: (line: string) => void warnings.push(line) };
    const path = goldenPath('proposals/basic_0.7_pred_labels.txt');
    const { options } = fillOptions(labelGroupsStage, { paths: [path] });
    const stage = labelGroupsStage.create(options, testServices({ log }));
    const longer = await stage.propose(Features.allocate(2005, 2), undefined);
    expect(longer.n).to.equal(2005);
    expect(warnings.join()).to.contain('the last 5 instances have no label');
    const refusal: unknown = await Promise.resolve(stage.propose(Features.allocate(10, 2), undefined)).catch(
      (error: unknown) => error,
    );
    expect(refusal).instanceOf(L2cError).with.property('code', 'E_DATA');
  });

  it('says before it runs what does not fit', async () => {
    const path = goldenPath('proposals/basic_0.7_pred_labels.txt');
    const check = async (given: Partial<LabelGroupsOptions>, n: number) =>
      (await labelGroupsStage.check({ ...limits, paths: [path], ...given }, { n, dim: 2 })).map(({ option }) => option);
    expect(await check({}, 2000)).to.deep.equal([]);
    expect(await check({}, 1999)).to.deep.equal(['paths.0']);
    expect(fillOptions(labelGroupsStage, { paths: [] }).problems).to.have.length(1);
    expect(await check({ minSize: 5, maxSize: 4 }, 2000)).to.deep.equal(['maxSize']);
  });
});

describe('label-groups keeps the contract', () => {
  // the suite comes with data of any size, so the file has to fit all of them
  const folder = mkdtempSync(join(tmpdir(), 'l2c-label-groups-'));
  const path = join(folder, 'empty.txt');
  writeFileSync(path, '');
  after(() => rmSync(folder, { recursive: true }));

  describeStage(labelGroupsStage, [{ options: { paths: [path], minSize: 1 } }]);
});
