import type { FileHandle } from 'node:fs/promises';
import { createDeflateRaw, crc32 } from 'node:zlib';
import { writeAll } from './atomic.js';

/** A member to write: its name, and its content piece by piece. `size` is the sum of the pieces. */
export interface ZipMember {
  readonly name: string;
  readonly size: number;
  readonly pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

interface Written extends Omit<ZipMember, 'pieces'> {
  readonly crc: number;
  readonly compressedSize: number;
  readonly offset: number;
}

/** From here on sizes and offsets go to the 64-bit fields. Deflating may lengthen what does not compress, so there is room. */
const wideFrom = 0xfff00000;
const unset32 = 0xffffffff;
const pieceBytes = 2 ** 22;
/** 1 January 1980: the same content gives the same bytes whenever it is written. */
const dosDate = 0x21;

/** Writes a zip container to an empty file: one pass over the members, zip64 where sizes ask for it. */
export async function writeZip(
  file: FileHandle,
  members: Iterable<ZipMember> | AsyncIterable<ZipMember>,
  options: { readonly compress: boolean },
): Promise<void> {
  const written: Written[] = [];
  let position = 0;
  for await (const { name, size, pieces } of members) {
    const offset = position;
    const start = offset + localHeader({ name, size, crc: 0, compressedSize: 0, offset }, options.compress).length;
    position = start;
    let crc = 0;
    let length = 0;
    const checked = (async function* () {
      for await (const piece of cut(pieces)) {
        crc = crc32(piece, crc);
        length += piece.length;
        yield piece;
      }
    })();
    for await (const piece of options.compress ? deflate(checked) : checked) {
      await writeAll(file, piece, position);
      position += piece.length;
    }
    if (length !== size) throw new RangeError(`${name}: ${size} bytes announced, ${length} given`);
    const entry = { name, size, crc, compressedSize: position - start, offset };
    await writeAll(file, localHeader(entry, options.compress), offset);
    written.push(entry);
  }
  await writeAll(file, centralDirectory(written, position, options.compress), position);
}

async function* cut(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += pieceBytes) yield piece.subarray(at, at + pieceBytes);
  }
}

/** Level 6 as numpy's savez_compressed. */
async function* deflate(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const deflater = createDeflateRaw({ chunkSize: 2 ** 18 });
  const feeding = (async () => {
    try {
      for await (const piece of pieces) {
        await new Promise<void>((resolve, reject) =>
          deflater.write(piece, (error) => (error ? reject(error) : resolve())),
        );
      }
      deflater.end();
    } catch (error) {
      deflater.destroy(error as Error);
    }
  })();
  try {
    yield* deflater as AsyncIterable<Uint8Array>;
  } finally {
    deflater.destroy();
  }
  await feeding;
}

function localHeader(entry: Written, compress: boolean): Uint8Array {
  const name = Buffer.from(entry.name);
  const wide = entry.size >= wideFrom;
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(wide ? 45 : 20, 4);
  writeShared(header, 6, entry, name.length, wide, compress);
  const extra = wide ? wideExtra([entry.size, entry.compressedSize]) : Buffer.alloc(0);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

/** The fields that local and central headers share: flags, method, date, checksum, sizes, length of the name. */
function writeShared(
  header: Buffer,
  at: number,
  entry: Written,
  nameLength: number,
  wide: boolean,
  compress: boolean,
): void {
  header.writeUInt16LE(0x800, at); // names are UTF-8
  header.writeUInt16LE(compress ? 8 : 0, at + 2);
  header.writeUInt16LE(dosDate, at + 6);
  header.writeUInt32LE(entry.crc, at + 8);
  header.writeUInt32LE(wide ? unset32 : entry.compressedSize, at + 12);
  header.writeUInt32LE(wide ? unset32 : entry.size, at + 16);
  header.writeUInt16LE(nameLength, at + 20);
}

function wideExtra(fields: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * fields.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * fields.length, 2);
  fields.forEach((field, i) => extra.writeBigUInt64LE(BigInt(field), 4 + 8 * i));
  return extra;
}

function centralDirectory(entries: readonly Written[], start: number, compress: boolean): Uint8Array {
  const parts: Buffer[] = entries.flatMap((entry) => {
    const name = Buffer.from(entry.name);
    const wideSize = entry.size >= wideFrom;
    const wideOffset = entry.offset >= wideFrom;
    const fields = [...(wideSize ? [entry.size, entry.compressedSize] : []), ...(wideOffset ? [entry.offset] : [])];
    const extra = fields.length > 0 ? wideExtra(fields) : Buffer.alloc(0);
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt16LE(45, 4);
    header.writeUInt16LE(fields.length > 0 ? 45 : 20, 6);
    writeShared(header, 8, entry, name.length, wideSize, compress);
    header.writeUInt16LE(extra.length, 30);
    header.writeUInt32LE(wideOffset ? unset32 : entry.offset, 42);
    return [header, name, extra];
  });
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const wide = start >= wideFrom || entries.length >= 0xffff;
  if (wide) parts.push(wideEnd(entries.length, size, start));
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(entries.length, 0xffff), 8);
  end.writeUInt16LE(Math.min(entries.length, 0xffff), 10);
  end.writeUInt32LE(wide ? unset32 : size, 12);
  end.writeUInt32LE(wide ? unset32 : start, 16);
  return Buffer.concat([...parts, end]);
}

/** The zip64 end record and its locator. */
function wideEnd(count: number, size: number, start: number): Buffer {
  const record = Buffer.alloc(76);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(45, 12);
  record.writeUInt16LE(45, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(start), 48);
  record.writeUInt32LE(0x07064b50, 56);
  record.writeBigUInt64LE(BigInt(start + size), 64);
  record.writeUInt32LE(1, 72);
  return record;
}
