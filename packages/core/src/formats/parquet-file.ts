import type { FileHandle } from 'node:fs/promises';
import type { FileMetaData, SchemaElement, SchemaTree } from 'hyparquet';
import { L2cError, problem } from '../errors.js';
import { readExactly, withInput } from './input-file.js';

/** A column of the table, as it is at the top of the schema. */
export interface ParquetColumn {
  readonly name: string;
  /** `list` is one of numbers, a list a row; `other` can't be used: `type` says what it is. */
  readonly kind: 'number' | 'text' | 'list' | 'other';
  /** Whether numbers are integers. */
  readonly whole: boolean;
  readonly type: string;
  /** From the root of the schema to the leaf that holds the values. */
  readonly path: readonly SchemaTree[];
}

export interface ParquetFile {
  readonly path: string;
  readonly file: FileHandle;
  readonly rows: number;
  readonly columns: readonly ParquetColumn[];
  readonly groups: FileMetaData['row_groups'];
}

/** Opens a .parquet file for `use`; reads its footer alone. Throws an L2cError E_FILE where it is none, or broken. */
export async function withParquet<T>(path: string, use: (parquet: ParquetFile) => Promise<T>): Promise<T> {
  return withInput(path, async (file, size) => {
    if (size === 0) throw problem('E_FILE', path, 'is empty', 'write it again');
    const { parquetMetadataAsync, parquetSchema } = await import('hyparquet');
    const slice = async (start: number, end = size): Promise<ArrayBuffer> =>
      (await readExactly(file, start, end - start, path)).buffer as ArrayBuffer;
    let metadata: FileMetaData;
    let root: SchemaTree;
    try {
      metadata = await parquetMetadataAsync({ byteLength: size, slice });
      root = parquetSchema(metadata);
    } catch (error) {
      throw unreadable(path, error);
    }
    const columns = root.children.map((child) => columnOf(root, child));
    return use({ path, file, rows: Number(metadata.num_rows), columns, groups: metadata.row_groups });
  });
}

/** An error of the library, which knows no file, as one of this file. */
export function unreadable(path: string, error: unknown): unknown {
  if (error instanceof L2cError || !(error instanceof Error)) return error;
  return problem('E_FILE', path, `is no Parquet that can be read: ${error.message}`, 'write it again', error);
}

function columnOf(root: SchemaTree, top: SchemaTree): ParquetColumn {
  const path = [root, top];
  for (let at = top; at.children.length === 1; at = at.children[0]) path.push(at.children[0]);
  const leaf = path[path.length - 1];
  const repeated = path.filter(({ element }) => element.repetition_type === 'REPEATED').length;
  const numeric = leaf.children.length === 0 && isNumeric(leaf.element);
  const kind =
    numeric && repeated === 1 ? 'list'
    : path.length > 2 || repeated > 0 ? 'other'
    : numeric ? 'number'
    : isText(leaf.element) ? 'text'
    : 'other'; // prettier-ignore
  const whole = numeric && leaf.element.type!.startsWith('INT');
  return { name: top.element.name, kind, whole, type: typeName(top, leaf), path };
}

/** Numbers that are nothing else, such as dates. */
function isNumeric({ type, converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  if (logical !== undefined && logical.type !== 'INTEGER' && logical.type !== 'FLOAT16') return false;
  if (converted !== undefined && !/^U?INT_/.test(converted)) return false;
  return ['INT32', 'INT64', 'FLOAT', 'DOUBLE'].includes(type ?? '') || logical?.type === 'FLOAT16';
}

function isText({ type, converted_type: converted }: SchemaElement): boolean {
  return type === 'BYTE_ARRAY' && (converted === undefined || converted === 'UTF8' || converted === 'ENUM');
}

function typeName({ element, children }: SchemaTree, leaf: SchemaTree): string {
  const own = (leaf.element.logical_type?.type ?? leaf.element.converted_type ?? leaf.element.type ?? '').toLowerCase();
  if (children.length === 0) return own;
  return element.converted_type === 'LIST' || element.logical_type?.type === 'LIST' ? `list of ${own}` : 'struct';
}
