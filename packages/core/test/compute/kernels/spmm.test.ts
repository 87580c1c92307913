import { expect } from 'chai';
import { kernelKind } from '../../../src/compute/kernels/memory.js';
import { spmmPlain } from '../../../src/compute/kernels/spmm-plain.js';
import type { SparseMatrix } from '../../../src/compute/kernels/sparse-matrix.js';
import { Spmm } from '../../../src/compute/kernels/spmm.js';
import { createRandom } from '../../../src/stages/random.js';
import { distance, normals } from '../matrices.js';

/** Rows of 0 .. `most` entries, columns in any order and some of them twice. */
function sparse(rows: number, columns: number, most: number, weight: (normal: number) => number): SparseMatrix {
  const random = createRandom(rows * 31 + columns);
  const offsets = new Int32Array(rows + 1);
  for (let r = 0; r < rows; r++) offsets[r + 1] = offsets[r] + random.integer(most + 1);
  const indices = Int32Array.from({ length: offsets[rows] }, () => random.integer(columns));
  return { rows, columns, offsets, indices, weights: normals(offsets[rows], 5).map(weight) };
}

/** A x in double precision. */
function productOf({ rows, offsets, indices, weights }: SparseMatrix, x: Float32Array, dim: number): Float64Array {
  const out = new Float64Array(rows * dim);
  for (let r = 0; r < rows; r++) {
    for (let e = offsets[r]; e < offsets[r + 1]; e++) {
      for (let c = 0; c < dim; c++) out[r * dim + c] += weights[e] * x[indices[e] * dim + c];
    }
  }
  return out;
}

/** Around the 32 columns that stay in registers, the 16 and the single ones of the rest. */
const widths = [1, 2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 47, 48, 51, 64, 100, 129];

const products: Readonly<Record<string, (matrix: SparseMatrix, x: Float32Array, dim: number) => Float32Array>> = {
  [kernelKind]: (matrix, x, dim) => new Spmm(matrix).multiply(x, dim),
  'plain twin': (matrix, x, dim) => spmmPlain(matrix, x, dim, new Float32Array(matrix.rows * dim).fill(7)),
};

for (const [name, multiply] of Object.entries(products)) {
  describe(`sparse product, ${name}`, () => {
    for (const dim of widths) {
      it(`is the product in double precision for ${dim} columns`, () => {
        const matrix = sparse(23, 19, 9, (normal) => normal);
        const x = normals(19 * dim, dim);
        expect(distance(multiply(matrix, x, dim), productOf(matrix, x, dim))).to.be.below(1e-5);
      });
    }

    it('is exact where no rounding is', () => {
      const matrix = sparse(40, 30, 20, (normal) => Math.round(4 * normal));
      for (const dim of widths) {
        const x = normals(30 * dim, dim).map((value) => Math.round(8 * value));
        expect(distance(multiply(matrix, x, dim), productOf(matrix, x, dim)), `${dim} columns`).to.equal(0);
      }
    });

    it('gives zeros for rows without entries, and for a matrix without any', () => {
      const offsets = Int32Array.of(0, 0, 1, 1);
      const one = { rows: 3, columns: 2, offsets, indices: Int32Array.of(1), weights: Float32Array.of(-2) };
      expect([...multiply(one, Float32Array.of(1, 2, 3, 4), 2)]).to.deep.equal([0, 0, -6, -8, 0, 0]);
      const none = { ...one, offsets: new Int32Array(4), indices: new Int32Array(0), weights: new Float32Array(0) };
      expect([...multiply(none, Float32Array.of(1, 2, 3, 4), 2)]).to.deep.equal([0, 0, 0, 0, 0, 0]);
      const empty = { ...none, rows: 0, columns: 0, offsets: new Int32Array(1) };
      expect(multiply(empty, new Float32Array(0), 5)).to.have.length(0);
    });

    it('lets NaN and infinity through to the rows that read them, and no further', () => {
      const offsets = Int32Array.of(0, 1, 2, 3);
      const weights = Float32Array.of(1, 1, 1);
      const matrix = { rows: 3, columns: 3, offsets, indices: Int32Array.of(2, 0, 1), weights };
      const found = multiply(matrix, Float32Array.of(1, NaN, -Infinity), 1);
      expect([...found]).to.deep.equal([-Infinity, 1, NaN]);
    });
  });
}

describe('Spmm', () => {
  const matrix = sparse(50, 70, 12, (normal) => normal);

  it('holds columns in stripes where all of them pass its budget', () => {
    for (const dim of [31, 32, 33, 65, 200]) {
      const x = normals(70 * dim, dim);
      const whole = new Spmm(matrix).multiply(x, dim);
      for (const budget of [1, 4 * 120 * 40, 4 * 120 * 64, 4 * 120 * 199]) {
        expect(distance(new Spmm(matrix, budget).multiply(x, dim), whole), `dim ${dim}, ${budget} B`).to.equal(0);
      }
    }
  });

  it('is of use many times, for narrower and wider x', () => {
    const spmm = new Spmm(matrix);
    for (const dim of [8, 3, 40, 1, 40, 64]) {
      const x = normals(70 * dim, dim);
      expect(distance(spmm.multiply(x, dim), productOf(matrix, x, dim)), `${dim} columns`).to.be.below(1e-5);
    }
  });

  it('writes to the array it is given, and no more of it than the result', () => {
    const x = normals(70 * 6, 6);
    const out = new Float32Array(50 * 6 + 2).fill(9);
    expect(new Spmm(matrix).multiply(x, 6, out)).to.equal(out);
    expect(distance(out.subarray(0, 300), productOf(matrix, x, 6))).to.be.below(1e-5);
    expect([...out.subarray(300)]).to.deep.equal([9, 9]);
  });

  it('reads x out of a longer array', () => {
    const x = normals(70 * 6 + 10, 6);
    expect(distance(new Spmm(matrix).multiply(x, 6), productOf(matrix, x, 6))).to.be.below(1e-5);
  });

  it('refuses arrays that do not fit', () => {
    const { offsets, indices, weights } = matrix;
    expect(() => new Spmm({ ...matrix, offsets: offsets.subarray(1) })).to.throw(RangeError, 'offsets');
    expect(() => new Spmm({ ...matrix, weights: weights.subarray(1) })).to.throw(RangeError, 'indices without weights');
    const short = { indices: indices.subarray(1), weights: weights.subarray(1) };
    expect(() => new Spmm({ ...matrix, ...short })).to.throw(RangeError, 'offsets');
    const spmm = new Spmm(matrix);
    expect(() => spmm.multiply(new Float32Array(69), 1)).to.throw(RangeError, '69 values for 70 x 1');
    expect(() => spmm.multiply(new Float32Array(70), 1, new Float32Array(49))).to.throw(RangeError, '49 values of 50');
  });
});
