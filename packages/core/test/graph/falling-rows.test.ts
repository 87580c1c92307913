import { expect } from 'chai';
import { csrFromPairs } from '../../src/graph/csr.js';
import { fallingRows, frontsAbove } from '../../src/graph/falling-rows.js';
import { undirectedPairs } from '../../src/graph/undirected-pairs.js';

describe('falling rows', () => {
  // 0-1 .9, 0-2 .5, 0-3 .7, 1-2 .5, and 2-3 that scores Infinity: no link
  const links = csrFromPairs(4, [0, 0, 3, 1, 2], [1, 2, 0, 2, 3]);
  const scores = Float32Array.of(0.9, 0.5, 0.5, Infinity, 0.7);
  const rows = fallingRows(undirectedPairs(links, scores, 'max'));
  const rowOf = (i: number, end = rows.offsets[i + 1]): number[] => [...rows.targets.subarray(rows.offsets[i], end)];

  it('lists each pair at both ends, the best first, equal ones in the order of the pairs', () => {
    expect([0, 1, 2, 3].map((i) => rowOf(i))).to.deep.equal([[1, 3, 2], [0, 2], [0, 1], [0]]);
    expect([...rows.scores.subarray(0, 3)]).to.deep.equal([...Float32Array.of(0.9, 0.7, 0.5)]);
  });

  it('finds what reaches a threshold from wherever it begins', () => {
    const ends = rows.offsets.slice(0, 4);
    for (const [threshold, lengths] of [
      [0.7, [1, 1, 0, 0]],
      [0.5, [3, 2, 2, 1]],
      [0.8, [1, 1, 0, 0]],
      [-1, [3, 2, 2, 1]],
      [1, [0, 0, 0, 0]],
      [Math.fround(0.7), [2, 1, 0, 1]],
    ] as const) {
      frontsAbove(rows, threshold, ends);
      expect([...ends].map((end, i) => end - rows.offsets[i])).to.deep.equal(lengths);
    }
  });

  it('has rows of nothing for points without links', () => {
    const none = fallingRows(undirectedPairs(csrFromPairs(3, [], []), new Float32Array(0), 'max'));
    expect([...none.offsets]).to.deep.equal([0, 0, 0, 0]);
  });

  it('refuses scores of more digits, which would not be in order', () => {
    const pairs = undirectedPairs(links, Float64Array.from(scores), 'max');
    expect(() => fallingRows(pairs)).to.throw(RangeError);
  });
});
