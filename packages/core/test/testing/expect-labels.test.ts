import { AssertionError } from 'node:assert';
import { expect } from 'chai';
import { toLabels } from '../../src/data/labels.js';
import { expectLabels } from '../../src/testing/index.js';

function failure(actual: ArrayLike<number>, expected: ArrayLike<number>): AssertionError {
  try {
    expectLabels(actual, expected);
  } catch (error) {
    if (error instanceof AssertionError) return error;
    throw error;
  }
  throw new RangeError('expectLabels let different partitions pass');
}

describe('expectLabels', () => {
  it('takes the same partition under other names', () => {
    expectLabels([0, 0, 1, 2], [7, 7, 3, -5]);
    expectLabels(toLabels([4, 4, -1]), Int32Array.of(0, 0, 1));
    expectLabels([], []);
  });
  it('names a cluster that was split', () => {
    expect(failure([0, 0, 1], [5, 5, 5]).message).to.equal(
      'the partitions differ:\n  {0, 1, 2} was split into {0, 1} {2}',
    );
  });
  it('names clusters that were merged', () => {
    expect(failure([3, 3, 3, 4], [0, 1, 1, 2]).message).to.equal('the partitions differ:\n  {0} {1, 2} were merged');
  });
  it('names both, and gives the partitions for a diff', () => {
    const error = failure([0, 0, 1, 1], [0, 1, 1, 0]);
    expect(error.message).to.match(/split[^]*merged/);
    expect(error.actual).to.deep.equal(['{0, 1}', '{2, 3}']);
    expect(error.expected).to.deep.equal(['{0, 3}', '{1, 2}']);
  });
  it('names lengths that differ', () => {
    expect(failure([0, 0], [0]).message).to.equal('2 labels where 1 were expected');
  });
  it('stays readable where everything differs', () => {
    const n = 10_000;
    expect(
      failure(
        new Int32Array(n),
        Int32Array.from({ length: n }, (_, i) => i),
      ).message.length,
    ).to.be.below(2000);
  });
});
