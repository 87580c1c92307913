import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { problem } from '../errors.js';
import { readChunks, readExactly } from './input-file.js';
import {
  findZipDirectory,
  localHeaderBytes,
  parseZipEntries,
  zipDataOffset,
  zipTailBytes,
  type ZipEntry,
} from './zip-directory.js';

export type { ZipEntry } from './zip-directory.js';

/** The members of a zip container that lies in memory. */
export function listZip(bytes: Uint8Array, place: string): ZipEntry[] {
  const { offset, size, count } = findZipDirectory(
    bytes.subarray(Math.max(0, bytes.length - zipTailBytes)),
    bytes.length,
    place,
  );
  return parseZipEntries(bytes.subarray(offset, offset + size), count, bytes.length, place);
}

/** One member of a container in memory: a view of it where it is stored. Its length and checksum are verified. */
export function extractZip(bytes: Uint8Array, entry: ZipEntry, place: string): Uint8Array {
  const start = zipDataOffset(entry, bytes.subarray(entry.headerOffset, entry.headerOffset + localHeaderBytes), place);
  const packed = bytes.subarray(start, start + entry.compressedSize);
  if (packed.length !== entry.compressedSize) throw damaged(place, entry, 'is cut short');
  let content = packed;
  if (entry.method === 'deflated') {
    try {
      content = inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.size) });
    } catch (error) {
      throw damaged(place, entry, "can't be inflated", error);
    }
    if (content.length !== entry.size)
      throw damaged(place, entry, `inflates to ${content.length} bytes, not ${entry.size}`);
  }
  if (crc32(content) !== entry.crc) throw damaged(place, entry, 'has another checksum than its content');
  return content;
}

/** The members of a zip container on disk: reads its end only. */
export async function listZipFile(file: FileHandle, total: number, path: string): Promise<ZipEntry[]> {
  const tailLength = Math.min(total, zipTailBytes);
  const tail = await readExactly(file, total - tailLength, tailLength, path);
  const { offset, size, count } = findZipDirectory(tail, total, path);
  return parseZipEntries(await readExactly(file, offset, size, path), count, total, path);
}

/**
 * The content of one member of a container on disk, chunk by chunk; a chunk is valid until the next is asked for.
 * Length and checksum are verified at the end.
 */
export async function* streamZip(file: FileHandle, entry: ZipEntry, path: string): AsyncGenerator<Uint8Array> {
  const header = await readExactly(file, entry.headerOffset, localHeaderBytes, path);
  const start = zipDataOffset(entry, header, path);
  const end = start + entry.compressedSize;
  const chunks =
    entry.method === 'stored'
      ? readChunks(file, start, end, path)
      : inflate(readChunks(file, start, end, path, true), entry, path);
  let crc = 0;
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > entry.size) throw damaged(path, entry, `inflates to more than ${entry.size} bytes`);
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (length !== entry.size) throw damaged(path, entry, `inflates to ${length} bytes, not ${entry.size}`);
  if (crc !== entry.crc) throw damaged(path, entry, 'has another checksum than its content');
}

async function* inflate(packed: AsyncIterable<Uint8Array>, entry: ZipEntry, path: string): AsyncGenerator<Uint8Array> {
  const source = Readable.from(packed, { objectMode: false });
  const inflater = createInflateRaw({ chunkSize: 2 ** 20 });
  source.on('error', (error) => inflater.destroy(error));
  try {
    yield* source.pipe(inflater) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw damaged(path, entry, "can't be inflated", error);
    throw error;
  } finally {
    source.destroy();
    inflater.destroy();
  }
}

function damaged(place: string, entry: ZipEntry, fact: string, cause?: unknown) {
  return problem('E_FILE', `${place} ${entry.name}`, fact, 'copy or write the file again', cause);
}
