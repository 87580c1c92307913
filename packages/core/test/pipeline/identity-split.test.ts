import { expect } from 'chai';
import { identitySplits, labelledRows } from '../../src/pipeline/identity-split.js';

describe('splits by identity', () => {
  const truth = Int32Array.of(7, 3, 7, -1, 5, 3, 9, 5, 5, -1, 2);

  it('put every labelled row into one half, and no identity into both', () => {
    for (const { tuning, testing } of identitySplits(truth, 5, 1)) {
      expect([...tuning, ...testing].sort((a, b) => a - b)).to.deep.equal([...labelledRows(truth)]);
      const first = new Set(tuning.map((row) => truth[row]));
      const second = new Set(testing.map((row) => truth[row]));
      expect([...first].filter((identity) => second.has(identity))).to.deep.equal([]);
      expect([first.size, second.size]).to.deep.equal([3, 2]);
      expect([...tuning]).to.deep.equal([...tuning].sort((a, b) => a - b));
    }
  });

  it('follow the seed, whatever identities are called and however many splits are asked for', () => {
    const rows = (splits: number, seed: number): number[][] =>
      identitySplits(truth, splits, seed).map(({ tuning }) => [...tuning]);
    expect(rows(2, 4)).to.deep.equal(rows(6, 4).slice(0, 2));
    expect(rows(6, 4)).not.to.deep.equal(rows(6, 5));
    expect(new Set(rows(8, 4).map(String)).size).to.be.above(1);
    const doubled = identitySplits(
      truth.map((identity) => (identity === -1 ? -1 : 2 * identity)),
      6,
      4,
    );
    expect(doubled.map(({ tuning }) => [...tuning])).to.deep.equal(rows(6, 4));
  });

  it('leave out rows of unknown identity', () => {
    expect([...labelledRows(truth)]).to.deep.equal([0, 1, 2, 4, 5, 6, 7, 8, 10]);
    expect([...labelledRows(Int32Array.of(-1, -1))]).to.deep.equal([]);
  });
});
