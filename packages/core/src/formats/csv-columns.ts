import { problem } from '../errors.js';
import type { CsvRecord } from './csv.js';

/** Which of the fields of a record are what. */
export interface CsvColumns {
  /** Whether the first record holds titles. */
  readonly titled: boolean;
  /** The column that names faces; undefined where none does. */
  readonly id: 0 | undefined;
  /** The first column of numbers, or the only one, with all numbers of a row in a list `[0.1, 0.2]`. */
  readonly first: 0 | 1;
  readonly list: boolean;
  /** Numbers a row. */
  readonly dim: number;
  /** Fields a record. */
  readonly count: number;
  readonly titles: readonly string[] | undefined;
}

const idTitles =
  /^(unnamed: 0|__index_level_0__|row|index|ids?|names?|keys?|face|face_?ids?|images?|image_?ids?|paths?|files?|file_?names?)$/i;

/** What a number looks like where decimals are written with a comma. */
export const decimalComma = /^\s*-?\d*,\d/;

/** Records that {@link csvColumns} looks at. */
export const frontRecords = 3;

/**
 * Tells titles and names of faces from numbers, by the first three records. The first record is titles where its fields behind the first are no
 * numbers, where the first is blank (as pandas writes an index), or where they count 0, 1, 2 ...; the first column names faces
 * where it holds what is no number, where its title says so: blank, `id`, `image`, `path` and the like, or unlike
 * those of the other columns, which are alike up to a number (`f0`, `f1`), or where it counts rows beside fractional numbers.
 *
 * @throws L2cError E_DATA: nothing but titles
 */
export function csvColumns(front: readonly CsvRecord[], path: string): CsvColumns {
  const [head, ...others] = front.map((record) => record.fields());
  const titled = isTitles(head);
  const row = titled ? others.at(0) : head;
  if (row === undefined) throw problem('E_DATA', path, 'holds titles and no row', 'give at least one embedding');
  const titles = titled ? head : undefined;
  const named =
    row.length > 1 &&
    (!(isNumber(row[0]) || isList(row[0]) || decimalComma.test(row[0])) ||
      (titles === undefined ? isRowNumbered([head, ...others]) : isFirstId(titles)));
  const start = named ? 1 : 0;
  const list = row.length === start + 1 && isList(row[start]);
  return {
    titled,
    id: named ? 0 : undefined,
    first: start,
    list,
    dim: list ? listItems(row[start]).length : row.length - start,
    count: row.length,
    titles,
  };
}

function isTitles(head: readonly string[]): boolean {
  if (head.length > 1 && head[0].trim() === '') return true;
  const behind = head.length > 1 ? head.slice(1) : head;
  return (
    behind.every((field) => !isNumber(field) && !isList(field) && !decimalComma.test(field)) ||
    counts(head) ||
    counts(behind)
  );
}

/** Whether fields are 0, 1, 2 ... */
function counts(fields: readonly string[]): boolean {
  return fields.length >= 3 && fields.every((field, i) => field === `${i}`);
}

/** Whether records begin with 0, 1, 2 or 1, 2, 3, and what follows is fractional for the most part: no embedding has whole numbers in one dimension alone. */
function isRowNumbered(records: readonly (readonly string[])[]): boolean {
  if (records.length < frontRecords) return false;
  const from = Number(records[0][0]);
  return (
    (from === 0 || from === 1) &&
    records.every(([own, ...others], i) => {
      const fractional = others.filter((field) => isList(field) || !Number.isInteger(Number(field)));
      return own.trim() === `${from + i}` && fractional.length > others.length / 2;
    })
  );
}

/** Whether a column is called as those that name faces are. */
export const isIdTitle = (title: string): boolean => idTitles.test(title.trim());

function isFirstId([own, ...others]: readonly string[]): boolean {
  if (own.trim() === '' || isIdTitle(own)) return true;
  const stems = others.map((title) => title.replace(/\d+$/, ''));
  return stems.length > 1 && stems.every((stem) => stem === stems[0]) && own.replace(/\d+$/, '') !== stems[0];
}

const isList = (field: string): boolean => field.trimStart().startsWith('[');

/** The numbers of `[0.1, 0.2]`, or of numpy's `[0.1 0.2]`, as they are written. */
export function listItems(field: string): string[] {
  const inside = field.trim().replace(/^\[/, '').replace(/\]$/, '').trim();
  return inside === '' ? [] : inside.split(/\s*,\s*|\s+/);
}

export function isNumber(field: string): boolean {
  return !Number.isNaN(numberOf(field)) || /^\s*nan\s*$/i.test(field);
}

/** NaN where it is none, as for `nan`. */
export function numberOf(field: string): number {
  const value = Number(field);
  if (value === 0 && field.trim() === '') return NaN;
  if (!Number.isNaN(value)) return value;
  const infinite = /^\s*([+-]?)inf(inity)?\s*$/i.exec(field);
  return infinite === null ? NaN : infinite[1] === '-' ? -Infinity : Infinity;
}
