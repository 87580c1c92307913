import { bestOf, columnWidths, failedMark, markdownTable, type Mark, type Table } from '../table.js';
import { shortened } from './fit-lines.js';
import { paint, type Screen } from './screen.js';

/** Names of rows are not cut below this. */
const leastName = 12;
/** Of a column: `| ` before it and a space behind. */
const frame = 3;

/**
 * A table for people: as Markdown, best values in colour, or with a star where there is none. On a narrow terminal its columns
 * go into several tables under one another, each with the names of the rows; no line is broken.
 */
export function screenTable(table: Table, screen: Screen): string {
  const mark: Mark = (cell) => (screen.colours ? paint(cell, 'best', screen) : `*${cell}`);
  return parts(table, screen.width, columnWidths(table, mark))
    .map((part) => markdownTable(part, mark))
    .join('\n\n');
}

/** What the marks of a table mean; undefined where it has none. */
export function legend(table: Table, { colours }: Screen): string | undefined {
  if (table.columns.every((_, c) => bestOf(table, c).size === 0)) return undefined;
  return `${colours ? 'Green' : '*'} is the best of a column.`;
}

function parts(table: Table, width: number, [name, ...columns]: readonly number[]): Table[] {
  const whole = columns.reduce((sum, column) => sum + column + frame, name + frame + 1);
  if (whole <= width) return [table];
  const room = Math.max(leastName, Math.min(name, width - 1 - 2 * frame - Math.max(0, ...columns)));
  const rows = table.rows.map((row) => ({
    ...row,
    name: shortened(row.name, row.failure === undefined ? room : room - failedMark.length),
  }));
  const groups: number[][] = [];
  let left = 0;
  columns.forEach((column, c) => {
    if (groups.length === 0 || column + frame > left) {
      groups.push([]);
      left = width - 1 - frame - room;
    }
    groups[groups.length - 1].push(c);
    left -= column + frame;
  });
  return groups.map((group) => ({
    columns: group.map((c) => table.columns[c]),
    rows: rows.map((row) => ({ ...row, values: row.failure === undefined ? group.map((c) => row.values[c]) : [] })),
  }));
}
