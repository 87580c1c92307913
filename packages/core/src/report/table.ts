import { spellControls } from '../spell-controls.js';
import { visibleLength } from './terminal/screen.js';

/** A table as data: `better` tells which end of a column is best, `none` that the column has no best. */
export interface Column {
  readonly title: string;
  readonly better: 'higher' | 'lower' | 'none';
  /** How a value is shown to people. */
  readonly format: (value: number) => string;
}

export interface Row {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
  /** Why there are no values. */
  readonly failure?: string;
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** Row indices that are best in a column; none where fewer than two rows differ. */
export function bestOf(table: Table, column: number): ReadonlySet<number> {
  const { better, format } = table.columns[column];
  const values = table.rows.map((row) => row.values[column]);
  const finite = values.filter((value): value is number => value !== undefined && Number.isFinite(value));
  if (better === 'none' || finite.length < 2 || new Set(finite.map((value) => format(value))).size < 2)
    return new Set();
  const best = format(better === 'higher' ? Math.max(...finite) : Math.min(...finite));
  return new Set(values.flatMap((value, i) => (value !== undefined && format(value) === best ? [i] : [])));
}

/** Wraps the best value of a column. */
export type Mark = (cell: string) => string;

/** Aligned Markdown; `mark` wraps the best value of each column, for a terminal or for Markdown. */
export function markdownTable(table: Table, mark: Mark = (cell) => `**${cell}**`): string {
  const [head, ...body] = cellsOf(table, mark);
  const widths = widthsOf([head, ...body]);
  const line = (row: readonly string[]): string => {
    const cells = row.map((cell, c) => (c === 0 ? pad(cell, widths[c]) : pad(cell, widths[c], true)));
    return `| ${cells.join(' | ')} |`;
  };
  const rule = `|${widths.map((width, c) => (c === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(head), rule, ...body.map(line)].join('\n');
}

/** Characters that the columns of {@link markdownTable} take, names first. */
export const columnWidths = (table: Table, mark: Mark): number[] => widthsOf(cellsOf(table, mark));

function cellsOf(table: Table, mark: Mark): string[][] {
  const body = table.rows.map(({ name, values, failure }) => [
    spellControls(failure === undefined ? name : `${name}${failedMark}`),
    ...table.columns.map(({ format }, c) => (values[c] === undefined ? '-' : format(values[c]))),
  ]);
  table.columns.forEach((_, c) => {
    for (const r of bestOf(table, c)) body[r][c + 1] = mark(body[r][c + 1]);
  });
  return [['pipeline', ...table.columns.map(({ title }) => title)], ...body];
}

/** Behind the name of a row that has no values. */
export const failedMark = ' (failed)';

const widthsOf = (rows: readonly (readonly string[])[]): number[] =>
  rows[0].map((_, c) => Math.max(3, ...rows.map((row) => visibleLength(row[c]))));

/** RFC 4180; numbers in full precision, absent ones empty. A column `failure` where a row has one. */
export function csvTable(table: Table): string {
  const quote = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const failed = table.rows.some(({ failure }) => failure !== undefined);
  const head = ['pipeline', ...table.columns.map(({ title }) => title), ...(failed ? ['failure'] : [])];
  const rows = table.rows.map(({ name, values, failure = '' }) => [
    name,
    ...table.columns.map((_, c) => (values[c] === undefined ? '' : String(values[c]))),
    ...(failed ? [failure] : []),
  ]);
  return [head, ...rows].map((row) => row.map(quote).join(',')).join('\r\n') + '\r\n';
}

function pad(cell: string, width: number, right = false): string {
  const room = ' '.repeat(Math.max(0, width - visibleLength(cell)));
  return right ? room + cell : cell + room;
}
