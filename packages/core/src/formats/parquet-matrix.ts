import { problem } from '../errors.js';
import { hashFile } from './atomic.js';
import { isIdTitle } from './csv-columns.js';
import type { MatrixSource } from './matrix-source.js';
import { pagesOf, type ParquetPage } from './parquet-pages.js';
import { withParquet, type ParquetColumn, type ParquetFile } from './parquet-file.js';

/** What lists of numbers that are embeddings are called, where there are several. */
const featureTitles = /^(features?|embeddings?|vectors?)$/i;
const blockBytes = 2 ** 22;

/**
 * A .parquet file as a matrix: a column of lists, or all columns of numbers but one that names faces. A null, or a list that is absent, is
 * NaN. Pages are read one by one; columns of numbers take 4 bytes a number of a group of rows.
 *
 * @throws L2cError E_FILE: no Parquet, or a compression that is not known; E_DATA: no such columns, or lists of different lengths
 */
export async function withParquetMatrix<T>(path: string, use: (source: MatrixSource) => Promise<T>): Promise<T> {
  return withParquet(path, async (parquet) => {
    const columns = featureColumns(parquet);
    const isList = columns[0].kind === 'list';
    const dim = isList ? await firstLength(parquet, columns[0]) : columns.length;
    return use({
      header: { type: 'f4', bigEndian: false, fortranOrder: false, shape: [parquet.rows, dim], headerBytes: 0 },
      elements: () => (isList ? listRows(parquet, columns[0], dim) : numberRows(parquet, columns)),
      hash: () => hashFile(path),
    });
  });
}

/** The names of faces in a .parquet matrix: its first column of texts or integers that is called `id`, `path` and the like; undefined without. */
export async function readParquetIds(path: string): Promise<string[] | undefined> {
  return withParquet(path, async (parquet) => {
    const column = idColumn(parquet);
    if (column === undefined) return undefined;
    const ids: string[] = [];
    for (let group = 0; group < parquet.groups.length; group++) {
      for await (const { values, present } of pagesOf(parquet, column, group)) {
        if (present === undefined) for (const value of values) ids.push(String(value));
        else for (let [e, v] = [0, 0]; e < present.length; e++) ids.push(present[e] > 0 ? String(values[v++]) : '');
      }
    }
    return ids;
  });
}

function idColumn({ columns }: ParquetFile): ParquetColumn | undefined {
  return columns.find(({ name, kind, whole }) => isIdTitle(name) && (kind === 'text' || (kind === 'number' && whole)));
}

/** A single column of lists, or at least one of numbers. */
function featureColumns(parquet: ParquetFile): readonly ParquetColumn[] {
  const { path, columns } = parquet;
  const lists = columns.filter(({ kind }) => kind === 'list');
  const named = lists.length > 1 ? lists.filter(({ name }) => featureTitles.test(name)) : lists;
  if (named.length === 1) return named;
  if (lists.length > 1) {
    const names = lists.map(({ name }) => `"${name}"`).join(', ');
    throw problem('E_DATA', path, `has several columns of lists: ${names}`, 'call the one that is meant "features"');
  }
  const id = idColumn(parquet);
  const numbers = columns.filter((column) => column.kind === 'number' && column !== id);
  if (numbers.length > 0) return numbers;
  const found = columns.map(({ name, type }) => `"${name}" (${type})`).join(', ');
  throw problem(
    'E_DATA',
    path,
    `has no column of numbers or of lists of numbers, only ${found || 'none at all'}`,
    'write the embeddings as one column of list<float>, or a column of float for each number',
  );
}

/** Entries of a page in order: whether one begins a row, whether there is one at all, and its value. */
class Entries {
  private readonly most: number;
  private readonly element: number;

  constructor({ path }: ParquetColumn) {
    const optional = path.slice(1).filter(({ element }) => element.repetition_type !== 'REQUIRED');
    this.most = optional.length;
    this.element = path[path.length - 1].element.repetition_type === 'OPTIONAL' ? this.most - 1 : this.most;
  }

  /** Null is NaN; `there` is false of a list that is null or empty. */
  forEach(
    { values, present, repeats }: ParquetPage,
    visit: (begins: boolean, there: boolean, value: number) => void,
  ): void {
    const count = present?.length ?? repeats?.length ?? values.length;
    for (let [e, v] = [0, 0]; e < count; e++) {
      const level = present?.[e] ?? this.most;
      const value = level === this.most ? Number(values[v++]) : NaN;
      visit(repeats === undefined || repeats[e] === 0, level >= this.element, value);
    }
  }
}

/** Numbers of the first list that has any. */
async function firstLength(parquet: ParquetFile, column: ParquetColumn): Promise<number> {
  const entries = new Entries(column);
  for (let group = 0; group < parquet.groups.length; group++) {
    let [length, isOver] = [0, false];
    for await (const page of pagesOf(parquet, column, group)) {
      entries.forEach(page, (begins, there) => {
        if (begins && length > 0) isOver = true;
        if (there && !isOver) length++;
      });
      if (isOver) break;
    }
    if (length > 0) return length;
  }
  if (parquet.rows === 0) return 1; // refused for having no rows
  throw problem('E_DATA', `${parquet.path} column "${column.name}"`, 'all its lists are empty', 'give embeddings');
}

async function* listRows(parquet: ParquetFile, column: ParquetColumn, dim: number): AsyncGenerator<Uint8Array> {
  const entries = new Entries(column);
  const perBlock = Math.max(1, Math.floor(blockBytes / (4 * dim)));
  let block = new Float32Array(perBlock * dim).fill(NaN);
  const full: Float32Array[] = [];
  // rows begun, and numbers of the last
  let [row, length] = [0, 0];
  const end = (): void => {
    if (row > 0 && length > 0 && length !== dim) refuseLength(parquet, column, row - 1, length, dim);
  };
  const visit = (begins: boolean, there: boolean, value: number): void => {
    if (begins) {
      end();
      if (row > 0 && row % perBlock === 0) {
        full.push(block);
        block = new Float32Array(perBlock * dim).fill(NaN);
      }
      row++;
      length = 0;
    }
    if (!there) return;
    if (length === dim) refuseLength(parquet, column, row - 1, length + 1, dim);
    block[((row - 1) % perBlock) * dim + length++] = value;
  };
  for (let group = 0; group < parquet.groups.length; group++) {
    for await (const page of pagesOf(parquet, column, group)) {
      entries.forEach(page, visit);
      for (const rows of full.splice(0)) yield new Uint8Array(rows.buffer);
    }
  }
  end();
  if (row > 0) yield new Uint8Array(block.buffer, 0, 4 * dim * (((row - 1) % perBlock) + 1));
}

function refuseLength({ path }: ParquetFile, { name }: ParquetColumn, row: number, length: number, dim: number): never {
  const found = length > dim ? `more than ${dim} numbers` : `${length} numbers`;
  const place = `${path} column "${name}" row ${row}`;
  throw problem(
    'E_DATA',
    place,
    `has ${found}, and the first list ${dim}`,
    'give as many numbers in each row; null where there is no embedding',
  );
}

async function* numberRows(parquet: ParquetFile, columns: readonly ParquetColumn[]): AsyncGenerator<Uint8Array> {
  const dim = columns.length;
  for (let group = 0; group < parquet.groups.length; group++) {
    const rows = Number(parquet.groups[group].num_rows);
    const block = new Float32Array(rows * dim);
    for (let c = 0; c < dim; c++) {
      const entries = new Entries(columns[c]);
      let row = 0;
      for await (const page of pagesOf(parquet, columns[c], group)) {
        entries.forEach(page, (_begins, _there, value) => void (block[row++ * dim + c] = value));
      }
      if (row !== rows) {
        const place = `${parquet.path} column "${columns[c].name}"`;
        throw problem('E_FILE', place, `holds ${row} of ${rows} values`, 'write it again');
      }
    }
    yield new Uint8Array(block.buffer);
  }
}
