import { expect } from 'chai';
import type { Table } from '../../../src/report/table.js';
import { plainScreen } from '../../../src/report/terminal/screen.js';
import { legend, screenTable } from '../../../src/report/terminal/screen-table.js';

const titles = ['pairwise precision', 'pairwise recall', 'pairwise f', 'bcubed f', 'nmi', 'clusters', 'seconds'];
const table = (...names: string[]): Table => ({
  columns: titles.map((title) => ({ title, better: 'higher' as const, format: (value) => value.toFixed(2) })),
  rows: [
    ...names.map((name, r) => ({ name, values: titles.map((_, c) => 90 + r + c / 10) })),
    { name: 'broken-one', values: [], failure: 'no such file' },
  ],
});

describe('screenTable', () => {
  it('is one table where there is room, or no end', () => {
    const whole = screenTable(table('a', 'b'), plainScreen);
    expect(whole.split('\n').length).to.equal(5);
    const width = whole.split('\n')[0].length;
    expect(screenTable(table('a', 'b'), { width, colours: false })).to.equal(whole);
    expect(screenTable(table('a', 'b'), { width: width - 1, colours: false })).to.include('\n\n');
  });

  it('stands its columns under one another, names first, no line too wide, all columns there', () => {
    const names = ['chinese-whispers-of-the-reference, as written', 'chinese-whispers-of-the-reference, tuned'];
    for (const width of [40, 60, 80, 120]) {
      const text = screenTable(table(...names), { width, colours: false });
      const parts = text.split('\n\n').map((part) => part.split('\n'));
      for (const part of parts) {
        expect(new Set(part.map(({ length }) => length)).size, 'aligned').to.equal(1);
        expect(part[0].length).at.most(width);
        expect(part.length).to.equal(5);
        expect(part[2]).to.match(/^\| chin/);
        expect(part[2].split('|')[1]).not.to.equal(part[3].split('|')[1]);
        expect(part[4]).to.match(/\(failed\) .* - \|$/);
      }
      const found = parts.flatMap(([head]) => head.split('|').slice(2, -1).map((cell) => cell.trim())); // prettier-ignore
      expect(found).to.deep.equal(titles);
    }
  });

  it('marks the best in colour where there is colour, else by a star, and says so', () => {
    const text = screenTable(table('a', 'b'), { width: 60, colours: true });
    expect(text.match(/\u001b\[1m\u001b\[32m91\.\d0\u001b\[39m\u001b\[22m/g)?.length).to.equal(titles.length); // eslint-disable-line no-control-regex
    expect(screenTable(table('a', 'b'), { width: 60, colours: false })).to.include(' *91.00 ');
    expect(legend(table('a', 'b'), plainScreen)).to.equal('* is the best of a column.');
    expect(legend(table('a'), plainScreen)).to.equal(undefined);
  });
});
