import { gzipSync } from 'node:zlib';
import { thriftBytes, type ThriftStruct, type ThriftValue } from './thrift.js';

/** A column without gaps. */
export interface ParquetColumn {
  readonly name: string;
  readonly values: Int32Array | Float32Array | readonly string[];
}

const magic = Buffer.from('PAR1');
/** Readers hold a group at a time. */
const rowsPerGroup = 2 ** 17;
const [int32, float, byteArray] = [1, 4, 6];
const [plain, rle, gzip, utf8] = [0, 3, 2, 0];

/**
 * A table as Parquet, piece by piece: required columns in plain encoding, a gzipped page for each column of a group of 131,072 rows.
 * https://parquet.apache.org/docs/file-format/
 */
export function* parquetPieces(columns: readonly ParquetColumn[], groupRows = rowsPerGroup): Generator<Uint8Array> {
  const rows = columns[0].values.length;
  yield magic;
  let offset = magic.length;
  const groups: ThriftValue[] = [];
  for (let start = 0; start < rows; start += groupRows) {
    const end = Math.min(rows, start + groupRows);
    const chunks: ThriftValue[] = [];
    let groupBytes = 0;
    for (const column of columns) {
      const page = plainBytes(column.values, start, end);
      const packed = gzipSync(page, { level: 6 });
      const header = pageHeader(end - start, page.length, packed.length);
      yield header;
      yield packed;
      const sizes = { uncompressed: header.length + page.length, compressed: header.length + packed.length };
      chunks.push({ struct: columnChunk(column, end - start, sizes, offset) });
      offset += sizes.compressed;
      groupBytes += sizes.uncompressed;
    }
    groups.push({ struct: [[1, { list: chunks }], [2, { i64: groupBytes }], [3, { i64: end - start }]] }); // prettier-ignore
  }
  const footer = thriftBytes([
    [1, { i32: 1 }],
    [2, { list: [{ struct: rootElement(columns.length) }, ...columns.map((column) => ({ struct: element(column) }))] }],
    [3, { i64: rows }],
    [4, { list: groups }],
    [6, { text: 'l2c' }],
  ]);
  yield footer;
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  yield length;
  yield magic;
}

const typeOf = ({ values }: ParquetColumn): number =>
  values instanceof Int32Array ? int32 : values instanceof Float32Array ? float : byteArray;

const rootElement = (children: number): ThriftStruct => [
  [4, { text: 'schema' }],
  [5, { i32: children }],
];

function element(column: ParquetColumn): ThriftStruct {
  const type = typeOf(column);
  const required = 0;
  return [
    [1, { i32: type }],
    [3, { i32: required }],
    [4, { text: column.name }],
    ...(type === byteArray ? [[6, { i32: utf8 }] as const] : []),
  ];
}

function pageHeader(rows: number, size: number, packedSize: number): Uint8Array {
  const dataPage = 0;
  const levels: ThriftStruct = [
    [1, { i32: rows }],
    [2, { i32: plain }],
    [3, { i32: rle }],
    [4, { i32: rle }],
  ];
  return thriftBytes([
    [1, { i32: dataPage }],
    [2, { i32: size }],
    [3, { i32: packedSize }],
    [5, { struct: levels }],
  ]);
}

function columnChunk(
  column: ParquetColumn,
  rows: number,
  { uncompressed, compressed }: { readonly uncompressed: number; readonly compressed: number },
  offset: number,
): ThriftStruct {
  const about: ThriftStruct = [
    [1, { i32: typeOf(column) }],
    [2, { list: [{ i32: plain }, { i32: rle }] }],
    [3, { list: [{ text: column.name }] }],
    [4, { i32: gzip }],
    [5, { i64: rows }],
    [6, { i64: uncompressed }],
    [7, { i64: compressed }],
    [9, { i64: offset }],
  ];
  return [
    [2, { i64: offset }],
    [3, { struct: about }],
  ];
}

/** Little endian, as the arrays of every machine that Node.js runs on; texts each after their length. */
function plainBytes(values: ParquetColumn['values'], start: number, end: number): Uint8Array {
  if (!Array.isArray(values)) {
    const numbers = (values as Int32Array | Float32Array).subarray(start, end);
    return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  }
  const pieces = (values as readonly string[]).slice(start, end).flatMap((text) => {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(pieces);
}
