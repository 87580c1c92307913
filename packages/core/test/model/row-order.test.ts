import { expect } from 'chai';
import { neighboursTogether } from '../../src/model/row-order.js';

/** 0 - 3 - 5, 1 - 4, 2 alone; column 9 is outside. */
const matrix = {
  rows: 6,
  columns: 10,
  offsets: Int32Array.of(0, 2, 3, 3, 5, 6, 7),
  indices: Int32Array.of(3, 9, 4, 0, 5, 1, 3),
  weights: new Float32Array(7).fill(1),
};

describe('row order', () => {
  it('lists neighbours behind the first row that has them, and every row once', () => {
    expect([...neighboursTogether(matrix, 0)]).to.deep.equal([0, 3, 1, 4, 2, 5]);
  });

  it('counts rows of a stretch from its first', () => {
    // columns 7, 8, 9 are rows 0, 1, 2; column 3 lies before
    const stretch = { ...matrix, rows: 3, offsets: Int32Array.of(0, 2, 3, 3), indices: Int32Array.of(9, 3, 7) };
    expect([...neighboursTogether(stretch, 7)]).to.deep.equal([0, 2, 1]);
  });

  it('takes no rows', () => {
    expect(neighboursTogether({ ...matrix, rows: 0, offsets: Int32Array.of(0) }, 0)).to.have.length(0);
  });
});
