import { expect } from 'chai';
import { compactLabels } from '../../src/builtin/compact-labels.js';
import { samePartition } from '../../src/data/labels.js';
import { createRandom } from '../../src/stages/random.js';

describe('compact labels', () => {
  it('renumbers by first appearance, -1 as a label like others', () => {
    expect(compactLabels([7, -1, 7, 3, -1])).to.deep.equal({ values: Int32Array.of(0, 1, 0, 2, 1), count: 3 });
  });

  it('takes gaps, negatives and integers up to 2^53', () => {
    const far = [2 ** 53 - 1, -(2 ** 40), 2 ** 53 - 2, 5, -(2 ** 40), 2 ** 53 - 1, 5 + 2 ** 32];
    expect([...compactLabels(far).values]).to.deep.equal([0, 1, 2, 3, 1, 0, 4]);
  });

  it('keeps the partition of random labels, near and far apart', () => {
    const random = createRandom(9);
    for (const spread of [1, 2 ** 20, 2 ** 36]) {
      const labels = Float64Array.from({ length: 3000 }, () => (random.integer(700) - 350) * spread);
      const { values, count } = compactLabels(labels);
      expect(samePartition(values, labels)).to.equal(true);
      expect(count).to.equal(new Set(labels).size);
    }
  });

  it('takes no labels, and refuses what is no integer', () => {
    expect(compactLabels([])).to.deep.equal({ values: new Int32Array(0), count: 0 });
    expect(() => compactLabels([1, 1.5])).to.throw(RangeError, 'label 1.5 of instance 1');
    expect(() => compactLabels([NaN])).to.throw(RangeError);
  });
});
