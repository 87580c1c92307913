import { expect } from 'chai';
import { normalisedAdjacency, normaliseRows, symmetricAdjacency, type Adjacency } from '../../src/graph/adjacency.js';
import { csrFromPairs } from '../../src/graph/csr.js';
import { golden, goldenKnn, type GoldenArray } from '../golden.js';

function worst(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(found.length).to.equal(wanted.length);
  let most = 0;
  for (let e = 0; e < found.length; e++)
    most = Math.max(most, Math.abs(found[e] - wanted[e]) / Math.max(1e-300, Math.abs(wanted[e])));
  return most;
}

function expectMatrix(found: Adjacency, wanted: { get: (name: string) => GoldenArray }, tolerance: number): void {
  expect(found.offsets).to.deep.equal(wanted.get('indptr').data);
  expect(found.targets).to.deep.equal(wanted.get('indices').data);
  expect(worst(found.weights, wanted.get('data').data)).to.be.at.most(tolerance);
}

function dense({ n, offsets, targets, weights }: Adjacency): Float64Array {
  const values = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let e = offsets[i]; e < offsets[i + 1]; e++) values[i * n + targets[e]] = weights[e];
  return values;
}

describe('adjacency', () => {
  const toy = csrFromPairs(4, [0, 0, 1, 2], [1, 2, 0, 3]);

  it('is the larger of both directions plus the identity, rows sorted', () => {
    const matrix = symmetricAdjacency(toy, Float64Array.of(0.5, 0.25, 0.75, 0.1), 0.2);
    expect([...dense(matrix)]).to.deep.equal([1, 0.75, 0.25, 0, 0.75, 1, 0, 0, 0.25, 0, 1, 0, 0, 0, 0, 1]);
    expect([...matrix.targets]).to.deep.equal([0, 1, 2, 0, 1, 0, 2, 3]);
  });

  it('normalises rows, and leaves one without a positive sum', () => {
    const matrix = normaliseRows(symmetricAdjacency(toy, Float64Array.of(0.5, 0.5, 0.25, -1), -1));
    expect([...dense(matrix)].slice(0, 4)).to.deep.equal([0.5, 0.25, 0.25, 0]);
    expect([...dense(matrix)].slice(12)).to.deep.equal([0, 0, -1, 1]);
  });

  it('keeps a similarity equal to minSimilarity, also a 0', () => {
    const matrix = symmetricAdjacency(toy, Float64Array.of(0, 0.25, -0.1, -0.2), 0);
    expect([...matrix.targets]).to.deep.equal([0, 1, 2, 0, 1, 0, 2, 3]);
    expect([...matrix.weights.subarray(0, 3)]).to.deep.equal([1, 0, 0.25]);
  });

  it('keeps the precision of the similarities', () => {
    expect(normalisedAdjacency(toy, new Float32Array(4)).weights).to.be.instanceOf(Float32Array);
    expect(normalisedAdjacency(toy, new Float64Array(4)).weights).to.be.instanceOf(Float64Array);
  });

  it('does with no points, and with one', () => {
    expect(normalisedAdjacency(csrFromPairs(0, [], []), []).weights).to.have.length(0);
    expect([...normalisedAdjacency(csrFromPairs(1, [], []), []).weights]).to.deep.equal([1]);
  });

  for (const tag of ['ks_th_0.0', 'ks_th_0.4']) {
    it(`golden: symmetric with self loops (${tag})`, async () => {
      const knn = await goldenKnn('ks');
      const found = symmetricAdjacency(knn, knn.similarities, Number(tag.slice(-3)));
      expectMatrix(found, await golden(`adjacency/${tag}_sym.npz`), 1e-12);
    });
  }

  for (const [tag, tolerance] of [
    ['ks_th_0.4', 1e-12],
    ['kb_th_0.0', 1e-6],
    ['kb_th_0.4', 1e-6],
  ] as const) {
    it(`golden: normalised (${tag})`, async () => {
      const knn = await goldenKnn(tag.slice(0, 2) as 'kb' | 'ks');
      const found = normalisedAdjacency(knn, knn.similarities, Number(tag.slice(-3)));
      expectMatrix(found, await golden(`adjacency/${tag}_norm.npz`), tolerance);
      const single = normalisedAdjacency(knn, Float32Array.from(knn.similarities), Number(tag.slice(-3)));
      expectMatrix(single, await golden(`adjacency/${tag}_norm.npz`), 1e-6);
    });
  }

  it('golden: among exact duplicates, a row that lacks itself included', async () => {
    const knn = await goldenKnn('ties');
    const wanted = await golden('ties/out.npz');
    const close = (found: Adjacency, name: string): void => {
      const values = dense(found);
      wanted.get(name).data.forEach((value, e) => expect(values[e]).to.be.closeTo(value, 1e-14));
    };
    const symmetric = symmetricAdjacency(knn, knn.similarities, 0);
    close(symmetric, 'sym_dense');
    close(normaliseRows(symmetric), 'norm_dense');
  });
});
