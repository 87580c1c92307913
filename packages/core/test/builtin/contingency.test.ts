import { expect } from 'chai';
import { contingency } from '../../src/builtin/contingency.js';
import { createRandom } from '../../src/stages/random.js';

describe('contingency', () => {
  it('counts clusters and the cells where they meet', () => {
    const table = contingency([1, 1, 1, 5, 5, 8], [0, 0, 2, 2, 0, 0]);
    expect([...table.rows]).to.deep.equal([3, 2, 1]);
    expect([...table.columns]).to.deep.equal([4, 2]);
    const cells = [...table.cells].map((count, c) => [table.cellRows[c], table.cellColumns[c], count]);
    expect(cells).to.deep.equal([
      [0, 0, 2],
      [0, 1, 1],
      [1, 1, 1],
      [1, 0, 1],
      [2, 0, 1],
    ]);
  });

  it('sums to the number of instances along every way, whatever the order', () => {
    const random = createRandom(1);
    const labels = (clusters: number): number[] => Array.from({ length: 4000 }, () => random.integer(clusters));
    const table = contingency(labels(60), labels(900));
    const sum = (counts: Int32Array): number => counts.reduce((total, count) => total + count, 0);
    expect([table.rows, table.columns, table.cells].map(sum)).to.deep.equal([4000, 4000, 4000]);
    const rows = new Int32Array(table.rows.length);
    const columns = new Int32Array(table.columns.length);
    table.cells.forEach((count, c) => {
      rows[table.cellRows[c]] += count;
      columns[table.cellColumns[c]] += count;
    });
    expect(rows).to.deep.equal(table.rows);
    expect(columns).to.deep.equal(table.columns);
    expect(new Set(table.cells.map((_, c) => table.cellRows[c] * 1000 + table.cellColumns[c])).size).to.equal(
      table.cells.length,
    );
  });

  it('refuses lists of different lengths', () => {
    expect(() => contingency([1], [1, 2])).to.throw(RangeError, '1 labels against 2');
  });
});
