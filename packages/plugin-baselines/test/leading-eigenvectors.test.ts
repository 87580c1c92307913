import { createRandom } from '@l2c/core';
import { testServices, tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { leadingEigenvectors, type SymmetricOperator } from '../src/leading-eigenvectors.js';
import { neighbourAffinity } from '../src/neighbour-affinity.js';
import { symmetricEigen } from '../src/symmetric-eigen.js';

const services = testServices();

/** The operator as a matrix, from what it does to unit vectors. */
async function dense({ n, multiply }: SymmetricOperator): Promise<Float64Array> {
  const identity = new Float32Array(n * n);
  for (let i = 0; i < n; i++) identity[i * n + i] = 1;
  const out = new Float32Array(n * n);
  await multiply(identity, n, out);
  return Float64Array.from(out);
}

describe('leading eigenvectors', () => {
  const { knn } = tinyFaces({ sizes: [30, 25, 20, 15, 10, 10, 10], k: 8, noise: 0.9 });
  const { operator } = neighbourAffinity(knn, 8);

  it('equal those of a dense solver', async () => {
    const n = operator.n;
    const wanted = symmetricEigen(await dense(operator), n);
    const { values, vectors, width } = await leadingEigenvectors(operator, 12, 50, createRandom(1), services);
    for (let j = 0; j < 12; j++) expect(values[j]).to.be.closeTo(wanted.values[j], 1e-4);
    // The space of the first 5 as a whole: single vectors may turn where values are close.
    for (let j = 0; j < 5; j++) {
      let inside = 0;
      for (let p = 0; p < 12; p++) {
        let dot = 0;
        for (let i = 0; i < n; i++) dot += vectors[i * width + j] * wanted.vectors[p * n + i];
        inside += dot * dot;
      }
      expect(inside).to.be.closeTo(1, 1e-3);
    }
  });

  it('are of unit length and at right angles', async () => {
    const { vectors, width } = await leadingEigenvectors(operator, 6, 50, createRandom(2), services);
    for (let a = 0; a < 6; a++) {
      for (let b = 0; b <= a; b++) {
        let dot = 0;
        for (let i = 0; i < operator.n; i++) dot += vectors[i * width + a] * vectors[i * width + b];
        expect(dot).to.be.closeTo(a === b ? 1 : 0, 1e-4);
      }
    }
  });

  it('find a repeated eigenvalue as often as it is there', async () => {
    const values = Float64Array.from({ length: 60 }, (_, i) => (i < 9 ? 1 : 0.9 - i / 100));
    const multiply: SymmetricOperator['multiply'] = (x, width, out) => {
      for (let e = 0; e < x.length; e++) out[e] = x[e] * values[Math.floor(e / width)];
    };
    const found = await leadingEigenvectors({ n: 60, multiply }, 12, 50, createRandom(3), services);
    for (let j = 0; j < 12; j++) expect(found.values[j]).to.be.closeTo(values[j], 1e-4);
  });

  it('are all there are where as many are asked for', async () => {
    const wanted = symmetricEigen(await dense(operator), operator.n);
    const { values, rounds } = await leadingEigenvectors(operator, operator.n, 50, createRandom(4), services);
    values.forEach((value, j) => expect(value).to.be.closeTo(wanted.values[j], 1e-3));
    expect(rounds).to.equal(1);
  });

  it('are none of a matrix of zeros, but finite', async () => {
    const multiply: SymmetricOperator['multiply'] = (_x, _width, out) => void out.fill(0);
    const { values, vectors } = await leadingEigenvectors({ n: 30, multiply }, 3, 10, createRandom(5), services);
    values.forEach((value) => expect(value).to.be.closeTo(0, 1e-6));
    expect(vectors.every(Number.isFinite)).to.equal(true);
  });
});
