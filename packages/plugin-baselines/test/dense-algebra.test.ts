import { createRandom } from '@l2c/core';
import { expect } from 'chai';
import { congruent, inverseCholesky, mix } from '../src/cholesky.js';
import { symmetricEigen } from '../src/symmetric-eigen.js';

const random = createRandom(11);

/** A symmetric matrix of normal numbers. */
function symmetric(n: number): Float64Array {
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = random.normal();
  return a;
}

/** b bᵀ of a random b with `rank` columns: positive, singular where the rank is below n. */
function positive(n: number, rank = n): Float64Array {
  const b = Float64Array.from({ length: n * rank }, () => random.normal());
  return Float64Array.from({ length: n * n }, (_, e) => {
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += b[Math.floor(e / n) * rank + k] * b[(e % n) * rank + k];
    return sum;
  });
}

/** The largest entry of A v - value v over all pairs, and of V Vᵀ - 1. */
function errors(a: Float64Array, n: number): { residual: number; orthogonality: number } {
  const { values, vectors } = symmetricEigen(a.slice(), n);
  let [residual, orthogonality] = [0, 0];
  for (let p = 0; p < n; p++) {
    for (let i = 0; i < n; i++) {
      let [image, dot] = [0, 0];
      for (let j = 0; j < n; j++) {
        image += a[i * n + j] * vectors[p * n + j];
        dot += vectors[p * n + j] * vectors[i * n + j];
      }
      residual = Math.max(residual, Math.abs(image - values[p] * vectors[p * n + i]));
      orthogonality = Math.max(orthogonality, Math.abs(dot - (i === p ? 1 : 0)));
    }
  }
  return { residual, orthogonality };
}

describe('symmetric eigenvectors', () => {
  it('are right for a matrix solved by hand', () => {
    const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 1, 2), 2);
    expect(values[0]).to.be.closeTo(3, 1e-14);
    expect(values[1]).to.be.closeTo(1, 1e-14);
    expect(Math.abs(vectors[0])).to.be.closeTo(Math.SQRT1_2, 1e-14);
    expect(vectors[0] * vectors[2]).to.be.closeTo(0.5 * Math.sign(vectors[2] * vectors[0]), 1e-14);
    expect(vectors[2] + vectors[3]).to.be.closeTo(0, 1e-14);
  });

  for (const n of [1, 2, 3, 5, 40]) {
    it(`solve random matrices of ${n} rows to rounding`, () => {
      const { residual, orthogonality } = errors(symmetric(n), n);
      expect(residual).to.be.below(1e-12);
      expect(orthogonality).to.be.below(1e-12);
    });
  }

  it('solve what needs no turning: zero, one, a diagonal, repeated values, blocks that do not touch', () => {
    const n = 6;
    const diagonal = Float64Array.from({ length: 36 }, (_, e) => (e % 7 === 0 ? [3, -1, 3, 0, 3, 2][e / 7] : 0));
    const blocks = Float64Array.from({ length: 36 }, (_, e) =>
      Math.floor(e / 18) === Math.floor((e % 6) / 3) ? 1 : 0,
    );
    for (const a of [new Float64Array(36), diagonal, blocks, new Float64Array(36).fill(1)]) {
      const { residual, orthogonality } = errors(a, n);
      expect(residual).to.be.below(1e-13);
      expect(orthogonality).to.be.below(1e-13);
    }
    expect([...symmetricEigen(diagonal.slice(), n).values]).to.deep.equal([3, 3, 3, 2, 0, -1]);
    expect(symmetricEigen(blocks.slice(), n).values[1]).to.be.closeTo(3, 1e-13);
  });

  it('refuse what is no square, and what is no number', () => {
    expect(() => symmetricEigen(new Float64Array(5), 2)).to.throw(RangeError);
    expect(() => symmetricEigen(new Float64Array(9).fill(NaN), 3)).to.throw(RangeError, 'NaN');
  });
});

describe('the inverse Cholesky factor', () => {
  it('turns its own matrix into the identity', () => {
    const n = 25;
    const g = positive(n);
    const turned = congruent(inverseCholesky(g.slice(), n), g, n);
    turned.forEach((value, e) => expect(value).to.be.closeTo(e % (n + 1) === 0 ? 1 : 0, 1e-9));
  });

  it('is lower triangular, and finite for matrices without full rank', () => {
    const n = 10;
    const inverse = inverseCholesky(positive(n, 4), n);
    expect(inverse.every(Number.isFinite)).to.equal(true);
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) expect(inverse[i * n + j]).to.equal(0);
    expect(inverseCholesky(new Float64Array(9), 3).every(Number.isFinite)).to.equal(true);
  });

  it('mixes rows of vectors', () => {
    const inverse = Float64Array.of(2, 0, 3, 4);
    expect([...mix(Float64Array.of(1, 0, 1, 1), inverse, 2)]).to.deep.equal([2, 0, 5, 4]);
  });
});
