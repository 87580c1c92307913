import { expect } from 'chai';
import { Features } from '../../src/data/features.js';
import { Aggregator } from '../../src/model/aggregator.js';
import { privateRows, rowsOf, transposeMatrix, writeRows } from '../../src/model/graph-batch.js';
import type { SparseMatrix } from '../../src/compute/kernels/sparse-matrix.js';
import { createRandom } from '../../src/stages/random.js';
import { dense, noise } from './every-layer.js';

function sparse(rows: number, columns: number, density: number): SparseMatrix {
  const random = createRandom(7);
  const offsets = [0];
  const indices: number[] = [];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) if (random.next() < density) indices.push(c);
    offsets.push(indices.length);
  }
  const weights = noise(indices.length, 3);
  return { rows, columns, offsets: Int32Array.from(offsets), indices: Int32Array.from(indices), weights };
}

describe('aggregator', () => {
  const matrix = sparse(37, 53, 0.2);
  const x = noise(53 * 70, 5);
  const expected = (first: number, count: number): number[] =>
    dense(matrix).flatMap((row) =>
      Array.from({ length: count }, (_, c) => row.reduce((sum, w, j) => sum + w * x[j * 70 + first + c], 0)),
    );

  // whole; matrix in stretches of rows; x in stripes of columns; both, with blocks of the result that end within
  for (const [matrixBudget, stripeBudget] of [
    [undefined, undefined],
    [300, undefined],
    [undefined, 4 * 53 * 33],
    [8, 1],
  ] as const) {
    it(`multiplies within ${matrixBudget ?? 'all'} and ${stripeBudget ?? 'all'} bytes`, () => {
      const aggregator = new Aggregator(1, matrixBudget, stripeBudget);
      for (const [first, count] of [
        [0, 70],
        [3, 65],
        [69, 1],
      ] as const) {
        const out = Features.allocate(37, count, 4 * count * 16);
        expect(out.blocks).to.have.length(3);
        aggregator.multiply(matrix, rowsOf(x, 70), { first, count }, out);
        const values = out.blocks.flatMap((block) => [...block]);
        expected(first, count).forEach((value, i) => expect(values[i]).closeTo(value, 1e-4));
      }
    });
  }

  it('keeps its memory for the next matrix, smaller or larger', () => {
    const aggregator = new Aggregator();
    for (const size of [20, 5, 60]) {
      const some = sparse(size, size, 0.5);
      const out = privateRows(size, 3);
      const values = noise(size * 3, size);
      aggregator.multiply(some, rowsOf(values, 3), { first: 0, count: 3 }, out);
      const last = dense(some)[size - 1].reduce((sum, w, j) => sum + w * values[j * 3 + 2], 0);
      expect(out.row(size - 1)[2]).closeTo(last, 1e-4);
    }
  });

  it('transposes', () => {
    const turned = dense(transposeMatrix(matrix));
    dense(matrix).forEach((row, r) => row.forEach((value, c) => expect(turned[c][r]).to.equal(value)));
  });

  it('writes rows across blocks', () => {
    const target = Features.allocate(10, 2, 4 * 2 * 4);
    writeRows(
      target,
      3,
      6,
      Float32Array.from({ length: 12 }, (_, i) => i + 1),
    );
    expect(target.blocks.flatMap((block) => [...block])).to.deep.equal([
      0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0,
    ]);
  });
});
