import { expect } from 'chai';
import { UnionFind } from '../../src/graph/union-find.js';

describe('union-find', () => {
  it('starts with every point alone', () => {
    const sets = new UnionFind(3);
    expect([...sets.roots()]).to.deep.equal([0, 1, 2]);
    expect(sets.size(1)).to.equal(1);
  });

  it('joins sets, counts them and is idempotent', () => {
    const sets = new UnionFind(7);
    sets.union(0, 3);
    sets.union(3, 6);
    sets.union(6, 0);
    sets.union(1, 2);
    expect(sets.find(6)).to.equal(sets.find(0)).and.not.to.equal(sets.find(1));
    expect([0, 1, 4].map((i) => sets.size(i))).to.deep.equal([3, 2, 1]);
    expect(new Set(sets.roots()).size).to.equal(4);
  });

  it('returns the root of the union', () => {
    const sets = new UnionFind(4);
    sets.union(2, 3);
    expect(sets.union(0, 3)).to.equal(sets.find(0)).and.to.equal(sets.find(2));
  });

  it('walks a chain of 200,000 without recursion', () => {
    const n = 200_000;
    const sets = new UnionFind(n);
    for (let i = n - 1; i > 0; i--) sets.union(i, i - 1);
    expect(sets.size(n - 1)).to.equal(n);
  });

  it('holds no points', () => {
    expect(new UnionFind(0).roots()).to.have.length(0);
  });
});
