import { problem } from '../errors.js';
import type { Tensor } from '../stages/interfaces.js';
import { writeAtomic } from './atomic.js';
import { readFileBytes } from './input-file.js';
import { tensorTypes } from './tensor-types.js';

export interface SafetensorsFile {
  readonly tensors: Map<string, Tensor>;
  /** Free text beside the tensors. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The limit of the reference implementation. */
const maxHeaderBytes = 100_000_000;

export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  return parseSafetensors(await readFileBytes(path), path);
}

/**
 * Parses a .safetensors file: 8 bytes length of a JSON header, the header, the tensors one after the other. All become float32.
 * E_FILE where header, shapes and extents don't agree with each other and with the size of the file.
 */
export function parseSafetensors(bytes: Uint8Array, place: string): SafetensorsFile {
  const damaged = (fact: string) => problem('E_FILE', place, fact, 'copy or write the file again');
  if (bytes.length < 8) throw damaged('is no .safetensors file: too short');
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > maxHeaderBytes || 8 + length > bytes.length)
    throw damaged(`is no .safetensors file, or cut short: a header of ${length} bytes`);
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + 8, length).toString());
  } catch {
    throw damaged('has a header that is no JSON');
  }
  if (!isRecord(header)) throw damaged('has a header that is no JSON object');
  const body = bytes.subarray(8 + length);
  const found = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => ({ name, ...extent(entry, `${place} ${name}`) }));
  let end = 0;
  for (const { name, start, stop } of [...found].sort((a, b) => a.start - b.start || a.stop - b.stop)) {
    if (start !== end) throw damaged(`tensor ${name} starts at ${start}, the one before ends at ${end}`);
    end = stop;
  }
  if (end !== body.length) throw damaged(`its tensors take ${end} bytes, there are ${body.length}`);
  const tensors = new Map<string, Tensor>();
  for (const { name, start, stop, shape, type } of found) {
    const own = new Uint8Array(body.subarray(start, stop)).buffer;
    tensors.set(name, { shape, values: type.decode(own) });
  }
  return { tensors, metadata: metadataOf(header['__metadata__']) };
}

function extent(entry: unknown, place: string) {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2 || offsets[1] < offsets[0]) {
    throw problem('E_FILE', place, 'has no shape and extent of a tensor', 'copy or write the file again');
  }
  const typeName = typeof dtype === 'string' ? dtype : 'no name';
  const type = Object.hasOwn(tensorTypes, typeName) ? tensorTypes[typeName] : undefined;
  if (type === undefined) throw problem('E_FILE', place, `is of type ${typeName}`, 'save it as F32');
  const count = shape.reduce((product, size) => product * size, 1);
  const [start, stop] = offsets as [number, number];
  if (count * type.bytes !== stop - start) {
    throw problem(
      'E_FILE',
      place,
      `${shape.join(' x ')} of ${typeName} do not take ${stop - start} bytes`,
      'write the file again',
    );
  }
  return { start, stop, shape, type };
}

/** A .safetensors file of float32 tensors in the order of the map; the tensors start at a multiple of 8. */
export function* formatSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array> {
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let offset = 0;
  for (const [name, { shape, values }] of tensors) {
    const count = shape.reduce((product, size) => product * size, 1);
    if (count !== values.length) throw new RangeError(`${name}: ${shape.join(' x ')} with ${values.length} values`);
    header.push([name, { dtype: 'F32', shape, data_offsets: [offset, offset + 4 * count] }]);
    offset += 4 * count;
  }
  const text = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const start = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, ' ');
  start.writeBigUInt64LE(BigInt(start.length - 8), 0);
  text.copy(start, 8);
  yield start;
  for (const { values } of tensors.values()) yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeAtomic(path, formatSafetensors(tensors, metadata));
}

function metadataOf(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && (entry as number) >= 0);
}
