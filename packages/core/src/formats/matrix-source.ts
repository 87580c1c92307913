import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { extname } from 'node:path';
import { problem } from '../errors.js';
import { hashFile } from './atomic.js';
import { binRows } from './bin.js';
import { withCsvMatrix } from './csv-matrix.js';
import { readChunks, readExactly, withInput } from './input-file.js';
import { withParquetMatrix } from './parquet-matrix.js';
import { npyHeaderBytes, parseNpyHeader, type NpyHeader } from './npy-header.js';
import { checkNpySize, npyLayout } from './npy.js';
import { withNpz, type NpzFile } from './npz.js';

/** A matrix in a file: its shape and type, and its elements as they lie in the file, or as numbers are read from text. */
export interface MatrixSource {
  readonly header: NpyHeader;
  /** Reads the elements once; a chunk is valid until the next is asked for. */
  elements(): AsyncGenerator<Uint8Array>;
  /** SHA-256 of the file. Call it after `elements` is through: it then costs no second reading of a .bin or .npy. */
  hash(): Promise<string>;
}

export interface MatrixOptions {
  /** Needed for .bin; checked for the others. */
  readonly dim?: number | undefined;
  /** Which array of an .npz; by default the only matrix in it. */
  readonly key?: string | undefined;
}

/** What features are written to, and what they are read from. */
export const matrixExtensions = ['.bin', '.npy', '.npz'];
export const readableMatrices = [...matrixExtensions, '.csv', '.parquet'];

/** Opens a matrix for `use`. Sizes are checked before anything is read. */
export async function withMatrix<T>(
  path: string,
  options: MatrixOptions,
  use: (source: MatrixSource) => Promise<T>,
): Promise<T> {
  const extension = extname(path).toLowerCase();
  if (extension === '.npz') {
    return withNpz(path, async (npz) => {
      const key = await matrixKey(npz, options.key, path);
      const header = await npz.header(key);
      checkMatrix(header, options.dim, `${path} ${key}`);
      return use({ header, elements: () => npz.elements(key), hash: () => hashFile(path) });
    });
  }
  const table = extension === '.csv' ? withCsvMatrix : extension === '.parquet' ? withParquetMatrix : undefined;
  if (table !== undefined) {
    return table(path, (source) => {
      checkMatrix(source.header, options.dim, path);
      return use(source);
    });
  }
  if (!readableMatrices.includes(extension)) {
    throw problem(
      'E_FILE',
      path,
      `is none of ${readableMatrices.join(', ')}`,
      'name the file by its format, or convert it',
    );
  }
  return withInput(path, async (file, size) => {
    let header: NpyHeader;
    if (extension === '.bin') {
      const n = binRows(size, options.dim, path);
      header = { type: 'f4', bigEndian: false, fortranOrder: false, shape: [n, options.dim!], headerBytes: 0 };
    } else {
      header = await readNpyHeader(file, size, path);
    }
    checkMatrix(header, options.dim, path);
    const hash = createHash('sha256');
    let through = false;
    return use({
      header,
      async *elements() {
        let skip = header.headerBytes;
        for await (const chunk of readChunks(file, 0, size, path)) {
          hash.update(chunk);
          if (chunk.length > skip) yield chunk.subarray(skip);
          skip = Math.max(0, skip - chunk.length);
        }
        through = true;
      },
      hash: async () => (through ? hash.digest('hex') : hashFile(path)),
    });
  });
}

/** The header of an .npy file, held against the size of the file. */
export async function readNpyHeader(file: FileHandle, size: number, path: string): Promise<NpyHeader> {
  const start = await readExactly(file, 0, Math.min(12, size), path);
  const headerBytes = Math.min(size, npyHeaderBytes(start, path));
  const header = parseNpyHeader(await readExactly(file, 0, headerBytes, path), path);
  const { parts, partBytes } = npyLayout(header, path);
  const available = size - header.headerBytes;
  checkNpySize(header, available, parts === undefined ? available : parts * partBytes, path);
  return header;
}

function checkMatrix(header: NpyHeader, dim: number | undefined, place: string): void {
  const { shape, type } = header;
  if (!/^[fiub]\d$/.test(type))
    throw problem('E_FILE', place, 'holds no plain numbers', 'save features as a float32 array');
  if (shape.length !== 2) {
    const found = shape.length === 0 ? 'a scalar' : `of shape (${shape.join(', ')})`;
    throw problem('E_DATA', place, `is ${found}; features are a matrix of n x dim`, 'reshape it');
  }
  const [n, found] = shape as [number, number];
  if (n === 0) throw problem('E_DATA', place, 'holds no rows', 'give at least one embedding');
  if (found === 0) throw problem('E_DATA', place, 'its rows have no dimensions', 'give rows of at least one number');
  if (dim !== undefined && dim !== found) {
    throw problem(
      'E_DATA',
      place,
      `its rows have ${found} dimensions, not ${dim}`,
      `set dim to ${found}, or leave it out`,
    );
  }
  if (n >= 2 ** 31) throw problem('E_DATA', place, `${n} rows are more than 2^31 - 1`, 'split the data');
}

/** Names of the arrays of texts in an .npz, which features are read beside and nothing else; none of another file. */
export async function textsBeside(path: string): Promise<string[]> {
  if (extname(path).toLowerCase() !== '.npz') return [];
  return withNpz(path, async (npz) => {
    const texts: string[] = [];
    for (const name of npz.names) if (/^[USO]/.test((await npz.header(name)).type)) texts.push(name);
    return texts;
  });
}

/** The array asked for, else `features`, else the only matrix. */
async function matrixKey(npz: NpzFile, key: string | undefined, path: string): Promise<string> {
  if (key !== undefined) return key;
  if (npz.names.includes('features')) return 'features';
  const matrices: string[] = [];
  for (const name of npz.names) if ((await npz.header(name)).shape.length === 2) matrices.push(name);
  if (matrices.length === 1) return matrices[0];
  const found = matrices.length === 0 ? 'holds no matrix' : `holds several matrices: ${matrices.join(', ')}`;
  throw problem(
    'E_DATA',
    path,
    found,
    matrices.length === 0
      ? `its arrays: ${npz.names.join(', ') || 'none'}`
      : 'call the one that is meant "features", or save it alone',
  );
}
