import type { FileHandle } from 'node:fs/promises';
import { problem } from '../errors.js';
import { hashFile } from './atomic.js';
import {
  csvColumns,
  decimalComma,
  frontRecords,
  isNumber,
  listItems,
  numberOf,
  type CsvColumns,
} from './csv-columns.js';
import { csvRecords, type CsvRecord } from './csv.js';
import { withInput } from './input-file.js';
import type { MatrixSource } from './matrix-source.js';

/**
 * A .csv file as a matrix: a record for each row, its numbers side by side or as a list in one field, with titles above and a
 * column of names in front or without ({@link csvColumns}). Read twice: the first time rows are only counted.
 *
 * @throws L2cError E_FILE: no .csv; E_DATA: no row. Fields that are no number are E_DATA once `elements` comes to them.
 */
export async function withCsvMatrix<T>(path: string, use: (source: MatrixSource) => Promise<T>): Promise<T> {
  return withInput(path, async (file, size) => {
    const { columns, rows } = await countRows(file, size, path);
    return use({
      header: { type: 'f4', bigEndian: false, fortranOrder: false, shape: [rows, columns.dim], headerBytes: 0 },
      async *elements() {
        let block = new Float32Array(0);
        for await (const records of rowsOf(file, size, path, columns)) {
          if (block.length < records.length * columns.dim) block = new Float32Array(records.length * columns.dim);
          records.forEach((record, i) => readRow(record, columns, block.subarray(i * columns.dim), path));
          yield new Uint8Array(block.buffer, 0, 4 * records.length * columns.dim);
        }
      },
      hash: () => hashFile(path),
    });
  });
}

/** The names in the first column of a .csv matrix; undefined where it has none. */
export async function readCsvIds(path: string): Promise<string[] | undefined> {
  return withInput(path, async (file, size) => {
    const { columns } = await countRows(file, size, path);
    const { id } = columns;
    if (id === undefined) return undefined;
    const ids: string[] = [];
    for await (const records of rowsOf(file, size, path, columns))
      for (const record of records) ids.push(record.fields()[id]);
    return ids;
  });
}

async function countRows(file: FileHandle, size: number, path: string): Promise<{ columns: CsvColumns; rows: number }> {
  const front: CsvRecord[] = [];
  let rows = 0;
  for await (const records of csvRecords(file, size, path)) {
    if (front.length < frontRecords) front.push(...records.slice(0, frontRecords - front.length));
    rows += records.length;
  }
  if (front.length === 0) throw problem('E_DATA', path, 'holds no rows', 'give at least one embedding');
  const columns = csvColumns(front, path);
  return { columns, rows: columns.titled ? rows - 1 : rows };
}

/** The records below the titles. */
async function* rowsOf(
  file: FileHandle,
  size: number,
  path: string,
  { titled }: CsvColumns,
): AsyncGenerator<CsvRecord[]> {
  let skip = titled;
  for await (const records of csvRecords(file, size, path)) {
    if (records.length === 0) continue;
    yield skip ? records.slice(1) : records;
    skip = false;
  }
}

function readRow(record: CsvRecord, columns: CsvColumns, target: Float32Array, path: string): void {
  const { first, list, dim, count, titles } = columns;
  const place = `${path}:${record.line}`;
  const fields = record.fields();
  if (fields.length !== count) {
    const fact = `has ${fields.length} field${fields.length === 1 ? '' : 's'}, and the first row ${count}`;
    throw problem('E_DATA', place, fact, 'give as many numbers in each row');
  }
  const numbers = list ? listItems(fields[first]) : fields;
  const from = list ? 0 : first;
  if (numbers.length - from !== dim) {
    const fact = `its list has ${numbers.length} numbers, and that of the first row ${dim}`;
    throw problem('E_DATA', place, fact, 'give as many numbers in each row, none left out by "..."');
  }
  for (let c = 0; c < dim; c++) {
    const field = numbers[from + c];
    const value = numberOf(field);
    if (Number.isNaN(value) && !isNumber(field)) refuseField(field, from + c, list ? undefined : titles, place);
    target[c] = value;
  }
}

function refuseField(field: string, column: number, titles: readonly string[] | undefined, place: string): never {
  const title = titles?.[column] === undefined ? '' : ` ("${titles[column]}")`;
  const shown = field.length > 30 ? `${field.slice(0, 30)}...` : field;
  const fact = field.trim() === '' ? 'is blank' : `"${shown}" is no number`;
  const wayOut = decimalComma.test(field)
    ? 'write decimals with a point'
    : 'give numbers alone, with one column of names in front at most; nan marks a row without an embedding';
  throw problem('E_DATA', `${place} column ${column + 1}${title}`, fact, wayOut);
}
