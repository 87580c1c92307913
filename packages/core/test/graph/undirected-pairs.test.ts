import { expect } from 'chai';
import { csrFromPairs, type Csr } from '../../src/graph/csr.js';
import { undirectedPairs, type PairMerge, type ScoredPairs } from '../../src/graph/undirected-pairs.js';
import { createRandom } from '../../src/stages/random.js';
import { golden, goldenKnn } from '../golden.js';

/** 0 and 2 list each other (0.5, then 0.7); 3 lists 1; 2 lists itself; 1 has an empty place. */
const toy = csrFromPairs(4, [0, 0, 1, 2, 2, 3], [2, 3, -1, 0, 2, 1]);
const toyScores = Float64Array.of(0.5, 0.1, 0.9, 0.7, 1, 0.4);

function listed(pairs: ScoredPairs): [number, number, number][] {
  const list: [number, number, number][] = [];
  for (let i = 0; i < pairs.n; i++) {
    for (let e = pairs.offsets[i]; e < pairs.offsets[i + 1]; e++) list.push([i, pairs.targets[e], pairs.scores[e]]);
  }
  return list;
}

/** The definition, word by word. */
function slowly(links: Csr, scores: ArrayLike<number>, merge: PairMerge, minScore: number): [number, number, number][] {
  const found = new Map<string, { low: number; high: number; all: number[] }>();
  for (let i = 0; i < links.n; i++) {
    for (let e = links.offsets[i]; e < links.offsets[i + 1]; e++) {
      const j = links.targets[e];
      if (j === -1 || j === i || !(scores[e] >= minScore)) continue;
      const [low, high] = [Math.min(i, j), Math.max(i, j)];
      const pair = found.get(`${low} ${high}`) ?? { low, high, all: [] };
      pair.all.push(scores[e]);
      found.set(`${low} ${high}`, pair);
    }
  }
  const one: Record<PairMerge, (all: number[]) => number> = {
    first: (all) => all[0],
    last: (all) => all[all.length - 1],
    max: (all) => Math.max(...all),
    sum: (all) => all.reduce((sum, score) => sum + score),
    avg: (all) => all.reduce((mean, score, count) => (count * mean + score) / (count + 1)),
  };
  return [...found.values()]
    .sort((a, b) => a.low - b.low || a.high - b.high)
    .map(({ low, high, all }) => [low, high, one[merge](all)]);
}

describe('undirected pairs', () => {
  for (const [merge, score] of [
    ['first', 0.5],
    ['last', 0.7],
    ['avg', 0.6],
    ['max', 0.7],
    ['sum', 1.2],
  ] as const) {
    it(`lists each pair once, sorted, and merges by ${merge}`, () => {
      const pairs = undirectedPairs(toy, toyScores, merge);
      expect(listed(pairs)).to.deep.equal([
        [0, 2, score],
        [0, 3, 0.1],
        [1, 3, 0.4],
      ]);
      expect(pairs.minimum).to.equal(0.1);
    });
  }

  it('keeps a score equal to minScore, drops one below, and takes the minimum of what is kept before merging', () => {
    const pairs = undirectedPairs(toy, toyScores, 'max', 0.4);
    expect(listed(pairs)).to.deep.equal([
      [0, 2, 0.7],
      [1, 3, 0.4],
    ]);
    expect(undirectedPairs(toy, toyScores, 'max', 0.41).minimum).to.equal(0.5);
  });

  it('takes -Infinity and NaN for no link', () => {
    const pairs = undirectedPairs(toy, Float32Array.of(-Infinity, NaN, 0, 0.5, 0, -Infinity), 'first');
    expect(listed(pairs)).to.deep.equal([[0, 2, 0.5]]);
  });

  it('is empty without links', () => {
    const pairs = undirectedPairs(csrFromPairs(1, [], []), [], 'avg');
    expect(listed(pairs)).to.deep.equal([]);
    expect(pairs.minimum).to.equal(Infinity);
  });

  it('keeps float32 scores as float32 unless it averages them', () => {
    expect(undirectedPairs(toy, new Float32Array(6), 'max').scores).to.be.instanceOf(Float32Array);
    expect(undirectedPairs(toy, new Float32Array(6), 'avg').scores).to.be.instanceOf(Float64Array);
    expect(undirectedPairs(toy, toyScores, 'max').scores).to.be.instanceOf(Float64Array);
  });

  for (const merge of ['first', 'last', 'avg', 'max'] as const) {
    it(`equals the definition on random links with repetitions (${merge})`, () => {
      const random = createRandom(7);
      for (let round = 0; round < 20; round++) {
        const n = 1 + random.integer(12);
        const m = random.integer(120);
        const ends = (): number[] => Array.from({ length: m }, () => random.integer(n));
        const links = csrFromPairs(n, ends(), ends());
        const scores = Float64Array.from({ length: m }, () => random.next());
        expect(listed(undirectedPairs(links, scores, merge, 0.2))).to.deep.equal(slowly(links, scores, merge, 0.2));
      }
    });
  }

  for (const [name, th] of [
    ['kb', 0.6],
    ['kb', 0.7],
    ['ks', 0.5],
    ['hnsw', 0.6],
  ] as const) {
    it(`golden: filter_knns ${name} ${th}`, async () => {
      const knn = await goldenKnn(name);
      const pairs = undirectedPairs(knn, knn.similarities, 'first', th);
      const wanted = await golden(`proposals/filter_${name}_${th}.npz`);
      const found = listed(pairs);
      expect(found.flatMap(([low, high]) => [low, high])).to.deep.equal([...wanted.get('pairs').data]);
      const scores = wanted.get('scores').data;
      const worst = found.reduce((most, [, , score], at) => Math.max(most, Math.abs(score - scores[at])), 0);
      expect(worst).to.be.at.most(name === 'hnsw' ? 1e-7 : 0);
    });
  }

  it('golden: filter_knns among exact duplicates', async () => {
    const knn = await goldenKnn('ties');
    const wanted = await golden('ties/out.npz');
    const found = listed(undirectedPairs(knn, knn.similarities, 'first', 0.5));
    expect(found.flatMap(([low, high]) => [low, high])).to.deep.equal([...wanted.get('pairs').data]);
    expect(found.map(([, , score]) => score)).to.deep.equal([...wanted.get('scores').data]);
  });
});
