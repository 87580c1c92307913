import { problem } from '../errors.js';

/** One member of a zip container, as its central directory describes it. */
export interface ZipEntry {
  readonly name: string;
  readonly method: 'stored' | 'deflated';
  readonly crc: number;
  /** Bytes in the container. */
  readonly compressedSize: number;
  /** Bytes once inflated. */
  readonly size: number;
  /** Where the member's local header lies. */
  readonly headerOffset: number;
}

/** Where the central directory lies. */
export interface ZipDirectory {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locator64Signature = 0x07064b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
export const localHeaderBytes = 30;
const unset32 = 0xffffffff;
/** The end record, its longest comment, and the two zip64 records before it. */
export const zipTailBytes = 22 + 0xffff + 20 + 56;

/** True where a file starts as a zip container does. */
export function isZip(start: Uint8Array): boolean {
  return (
    start[0] === 0x50 && start[1] === 0x4b && ((start[2] === 3 && start[3] === 4) || (start[2] === 5 && start[3] === 6))
  );
}

/** Finds the directory from the last {@link zipTailBytes} of a container of `total` bytes (all of it where it is shorter). */
export function findZipDirectory(tail: Uint8Array, total: number, place: string): ZipDirectory {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const tailStart = total - tail.length;
  let at = tail.length - 22;
  while (
    at >= 0 &&
    !(view.getUint32(at, true) === endSignature && at + 22 + view.getUint16(at + 20, true) <= tail.length)
  )
    at--;
  if (at < 0) throw problem('E_FILE', place, 'is no zip container, or is cut short', 'copy or write the file again');
  let count = view.getUint16(at + 10, true);
  let size = view.getUint32(at + 12, true);
  let offset = view.getUint32(at + 16, true);
  if (at >= 20 && view.getUint32(at - 20, true) === locator64Signature) {
    const record = Number(view.getBigUint64(at - 12, true)) - tailStart;
    if (record < 0 || record + 56 > tail.length || view.getUint32(record, true) !== end64Signature) {
      throw problem('E_FILE', place, 'has a damaged zip64 directory', 'copy or write the file again');
    }
    count = Number(view.getBigUint64(record + 32, true));
    size = Number(view.getBigUint64(record + 40, true));
    offset = Number(view.getBigUint64(record + 48, true));
  }
  if (offset + size > total || count * 46 > size)
    throw problem('E_FILE', place, 'has a damaged zip directory', 'copy or write the file again');
  return { offset, size, count };
}

/** Reads the entries of a central directory. Encrypted members and methods other than stored and deflated are refused. */
export function parseZipEntries(bytes: Uint8Array, count: number, total: number, place: string): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const damaged = () => problem('E_FILE', place, 'has a damaged zip directory', 'copy or write the file again');
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== entrySignature) throw damaged();
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > bytes.length) throw damaged();
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + at + 46, nameLength).toString(
      flags & 0x800 ? 'utf8' : 'latin1',
    );
    const extra = new DataView(bytes.buffer, bytes.byteOffset + at + 46 + nameLength, extraLength);
    const [size, compressedSize, headerOffset] = wideFields(extra, [
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    ]);
    if (flags & 1) throw problem('E_FILE', `${place} ${name}`, 'is encrypted', 'write it without a password');
    if (method !== 0 && method !== 8)
      throw problem('E_FILE', `${place} ${name}`, `is packed by zip method ${method}`, 'use numpy.savez_compressed');
    if (headerOffset + localHeaderBytes + compressedSize > total || (method === 0 && size !== compressedSize))
      throw damaged();
    entries.push({
      name,
      method: method === 0 ? 'stored' : 'deflated',
      crc: view.getUint32(at + 16, true),
      compressedSize: compressedSize,
      size: size,
      headerOffset: headerOffset,
    });
    at = next;
  }
  return entries;
}

/** Fields set to 2^32 - 1 are found, in order, in the zip64 extra field. */
function wideFields(extra: DataView, fields: number[]): number[] {
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    const end = Math.min(extra.byteLength, at + 4 + extra.getUint16(at + 2, true));
    let from = at + 4;
    return fields.map((field) => {
      if (field !== unset32 || from + 8 > end) return field;
      from += 8;
      return Number(extra.getBigUint64(from - 8, true));
    });
  }
  return fields;
}

/** Where the bytes of a member start, from its local header (which may hold another extra field than the directory). */
export function zipDataOffset(entry: ZipEntry, header: Uint8Array, place: string): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (view.getUint32(0, true) !== localSignature) {
    throw problem(
      'E_FILE',
      `${place} ${entry.name}`,
      'is not where the zip directory says',
      'copy or write the file again',
    );
  }
  return entry.headerOffset + localHeaderBytes + view.getUint16(26, true) + view.getUint16(28, true);
}
