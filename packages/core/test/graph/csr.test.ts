import { expect } from 'chai';
import { csrFromPairs, evenOffsets, transpose } from '../../src/graph/csr.js';
import { golden, goldenKnn } from '../golden.js';

describe('csr', () => {
  it('groups pairs by source and keeps their order', () => {
    const graph = csrFromPairs(4, [2, 0, 2, 0], [3, 1, 0, 2]);
    expect([...graph.offsets]).to.deep.equal([0, 2, 2, 4, 4]);
    expect([...graph.targets]).to.deep.equal([1, 2, 3, 0]);
    expect([...graph.origins]).to.deep.equal([1, 3, 0, 2]);
  });

  it('refuses a source that is out of range, and lists of different lengths', () => {
    expect(() => csrFromPairs(2, [2], [0])).to.throw(RangeError, 'source 2');
    expect(() => csrFromPairs(2, [-1], [0])).to.throw(RangeError, 'source -1');
    expect(() => csrFromPairs(2, [0, 1], [0])).to.throw(RangeError, '2 sources and 1 targets');
  });

  it('transposes, sorts rows and skips absent neighbours', () => {
    const graph = { n: 3, offsets: evenOffsets(3, 2), targets: Int32Array.of(2, 1, 2, -1, 0, -1) };
    const turned = transpose(graph);
    expect([...turned.offsets]).to.deep.equal([0, 1, 2, 4]);
    expect([...turned.targets]).to.deep.equal([2, 0, 0, 1]);
    expect([...turned.origins]).to.deep.equal([4, 1, 0, 2]);
  });

  it('holds no points', () => {
    const empty = csrFromPairs(0, [], []);
    expect([...transpose(empty).offsets]).to.deep.equal([0]);
  });

  for (const [name, tag] of [
    ['ks', 'ks_th_0.4'],
    ['hnsw', 'hnsw_th_0.4'],
  ] as const) {
    it(`golden: twice transposed is scipy's sorted CSR (${tag})`, async () => {
      const knn = await goldenKnn(name);
      const wanted = await golden(`adjacency/${tag}_raw.npz`);
      const kept = {
        ...knn,
        targets: knn.targets.map((j, e) => (j === Math.floor(e / knn.k) || !(knn.similarities[e] >= 0.4) ? -1 : j)),
      };
      const once = transpose(kept);
      const twice = transpose(once);
      expect(twice.offsets).to.deep.equal(wanted.get('indptr').data);
      expect(twice.targets).to.deep.equal(wanted.get('indices').data);
      const data = wanted.get('data').data;
      const far = twice.origins.filter((e, at) => Math.abs(knn.similarities[once.origins[e]] - data[at]) > 1e-7);
      expect(far).to.have.length(0);
    });
  }
});
