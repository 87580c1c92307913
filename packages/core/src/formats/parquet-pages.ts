import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import * as zlib from 'node:zlib';
import type { ColumnMetaData, CompressionCodec, Compressors, DecodedArray, PageHeader } from 'hyparquet';
import { problem } from '../errors.js';
import { readExactly } from './input-file.js';
import { unreadable, type ParquetColumn, type ParquetFile } from './parquet-file.js';

/** What a page of a column holds. */
export interface ParquetPage {
  /** Those that are not null, in order. */
  readonly values: DecodedArray;
  /** By entry, how much of it there is: as many as the schema has optional levels where there is a value; undefined where all are there. */
  readonly present: readonly number[] | undefined;
  /** By entry, 0 where a row begins; undefined where each is one. */
  readonly repeats: readonly number[] | undefined;
}

/** Since Node.js 22.15. */
const zstd = (zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Uint8Array }).zstdDecompressSync;

const compressors: Compressors = {
  GZIP: (bytes) => gunzipSync(bytes),
  BROTLI: (bytes) => brotliDecompressSync(bytes),
  ...(zstd === undefined ? {} : { ZSTD: (bytes) => zstd(bytes) }),
};
const codecs: ReadonlySet<CompressionCodec> = new Set<CompressionCodec>([
  'UNCOMPRESSED',
  'SNAPPY',
  ...(Object.keys(compressors) as CompressionCodec[]),
]);

/** Enough for most headers of pages. */
const headerBytes = 2 ** 14;

/**
 * The pages of a column in a group of rows, one in memory at a time: the library's own way makes an array of each list, and holds all of a group,
 * which may be the whole file.
 */
export async function* pagesOf(
  parquet: ParquetFile,
  column: ParquetColumn,
  group: number,
): AsyncGenerator<ParquetPage> {
  const meta = chunkOf(parquet, column, group);
  try {
    const decode = await decoderOf(meta, column);
    let at = Number(meta.dictionary_page_offset ?? 0n) || Number(meta.data_page_offset);
    const end = at + Number(meta.total_compressed_size);
    while (at < end) {
      const { header, page, next } = await readPage(parquet, at, end);
      at = next;
      const decoded = decode(header, page);
      if (decoded !== undefined) yield decoded;
    }
  } catch (error) {
    throw unreadable(`${parquet.path} column "${column.name}"`, error);
  }
}

/** Decodes pages in order; a dictionary is kept for those behind it, and gives none itself. */
async function decoderOf(
  { codec, type, path_in_schema: pathInSchema }: ColumnMetaData,
  column: ParquetColumn,
): Promise<(header: PageHeader, page: Uint8Array) => ParquetPage | undefined> {
  const { readDataPage, readDataPageV2, decompressPage } = await import('hyparquet/src/datapage.js');
  const { convert, convertWithDictionary, DEFAULT_PARSERS: parsers } = await import('hyparquet/src/convert.js');
  const { readPlain } = await import('hyparquet/src/plain.js');
  const schemaPath = [...column.path];
  const { element } = schemaPath[schemaPath.length - 1];
  const decoder = { pathInSchema, type, element, schemaPath, codec, compressors, parsers };
  let dictionary: DecodedArray | undefined;
  return (header, page) => {
    const whole = (): Uint8Array => decompressPage(page, header.uncompressed_page_size, codec, compressors);
    const { dictionary_page_header: entries, data_page_header: first, data_page_header_v2: second } = header;
    if (entries !== undefined) {
      const { buffer, byteOffset, byteLength } = whole();
      const reader = { view: new DataView(buffer, byteOffset, byteLength), offset: 0 };
      dictionary = convert(readPlain(reader, type, entries.num_values, element.type_length), decoder);
      return undefined;
    }
    const { encoding } = (first ?? second)!;
    const { definitionLevels, repetitionLevels, dataPage } =
      first === undefined ? readDataPageV2(page, header, decoder) : readDataPage(whole(), first, decoder);
    return {
      values: convertWithDictionary(dataPage, dictionary, encoding, decoder),
      present: definitionLevels?.length ? definitionLevels : undefined,
      repeats: repetitionLevels.length > 0 ? repetitionLevels : undefined,
    };
  };
}

function chunkOf({ groups, path }: ParquetFile, column: ParquetColumn, group: number): ColumnMetaData {
  const wanted = column.path.slice(1).map(({ element }) => element.name);
  const chunk = groups[group].columns.find(
    ({ meta_data: meta }) => meta?.path_in_schema.join('\0') === wanted.join('\0'),
  );
  const meta = chunk?.meta_data;
  const place = `${path} column "${column.name}"`;
  if (meta === undefined || chunk?.file_path) {
    throw problem('E_FILE', place, 'its values are not in this file', 'write the table as a single file');
  }
  if (codecs.has(meta.codec)) return meta;
  const newer = meta.codec === 'ZSTD' ? 'use Node.js 22.15 or newer, or ' : '';
  throw problem('E_FILE', place, `is compressed by ${meta.codec}`, `${newer}write it with snappy, gzip or brotli`);
}

/** A page as it lies in the file, and where the next begins. */
async function readPage(
  { file, path }: ParquetFile,
  at: number,
  end: number,
): Promise<{ header: PageHeader; page: Uint8Array; next: number }> {
  const { parquetHeader } = await import('hyparquet/src/column.js');
  for (let window = headerBytes; ; window *= 16) {
    const length = Math.min(window, end - at);
    const bytes = await readExactly(file, at, length, path);
    const reader = { view: new DataView(bytes.buffer), offset: 0 };
    let header: PageHeader;
    try {
      header = parquetHeader(reader);
    } catch (error) {
      if (length < end - at) continue; // a header that is longer
      throw error;
    }
    const from = reader.offset;
    const size = header.compressed_page_size;
    const page =
      from + size <= length ? bytes.slice(from, from + size) : await readExactly(file, at + from, size, path);
    return { header, page, next: at + from + size };
  }
}
