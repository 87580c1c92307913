import { expect } from 'chai';
import { bestOf, csvTable, markdownTable, type Table } from '../../src/report/table.js';

const table: Table = {
  columns: [
    { title: 'f', better: 'higher', format: (value) => value.toFixed(1) },
    { title: 'seconds', better: 'lower', format: (value) => value.toFixed(2) },
    { title: 'clusters', better: 'none', format: String },
  ],
  rows: [
    { name: 'a', values: [0.91, 2, 10] },
    { name: 'b, "quoted"', values: [0.94, 3, 20] },
    { name: 'c', values: [undefined, NaN, 30] },
  ],
};

describe('tables', () => {
  it('mark the best of a column, ties at the shown precision included', () => {
    expect([...bestOf(table, 0)]).to.deep.equal([]); // 0.9 and 0.9: nothing differs at one digit
    expect([...bestOf(table, 1)]).to.deep.equal([0]);
    expect([...bestOf(table, 2)]).to.deep.equal([]);
  });

  it('align Markdown whatever is marked', () => {
    const lines = markdownTable(table).split('\n');
    expect(new Set(lines.map(({ length }) => length)).size).to.equal(1);
    expect(lines[2]).to.include('**2.00**');
    expect(lines[4]).to.match(/\|\s+- \|\s+NaN \|/);
  });

  it('quote CSV and leave absent values empty', () => {
    const lines = csvTable(table).split('\r\n');
    expect(lines[2]).to.equal('"b, ""quoted""",0.94,3,20');
    expect(lines[3]).to.equal('c,,NaN,30');
  });
});
