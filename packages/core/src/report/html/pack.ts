import { gzipSync } from 'node:zlib';
import type { Packed, PackedText } from './report-data.js';

const types = { uint8: Uint8Array, uint16: Uint16Array, int32: Int32Array } as const;

/** Integers as they are. */
export function packIntegers(values: Int32Array): Packed {
  const low = values.reduce((least, value) => Math.min(least, value), 0);
  const high = values.reduce((most, value) => Math.max(most, value), 0);
  const type = low >= 0 && high < 2 ** 8 ? 'uint8' : low >= 0 && high < 2 ** 16 ? 'uint16' : 'int32';
  return pack(type, types[type].from(values), 0, 1);
}

/** Reals to the nearest multiple of `step`: a byte or two each. What is not finite counts as the lowest. */
export function packReals(values: Float32Array, step: number): Packed {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) low = high = 0;
  const bins = high === low ? 1 : Math.ceil((high - low) / step);
  const type = bins < 2 ** 8 ? 'uint8' : 'uint16';
  const width = Math.max(step, (high - low) / (2 ** 16 - 1));
  const bin = (value: number): number => (Number.isFinite(value) ? Math.round((value - low) / width) : 0);
  const places = new types[type](values.length);
  for (let i = 0; i < values.length; i++) places[i] = bin(values[i]);
  return pack(type, places, low, width);
}

export function packText(lines: readonly string[]): PackedText {
  return { lines: lines.length, data: gzipSync(lines.join('\n'), { level: 9 }).toString('base64') };
}

function pack(type: Packed['type'], values: Uint8Array | Uint16Array | Int32Array, low: number, step: number): Packed {
  const width = values.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const turned = new Uint8Array(bytes.length);
  for (let b = 0, at = 0; b < width; b++) for (let i = b; i < bytes.length; i += width) turned[at++] = bytes[i];
  const data = gzipSync(turned, { level: 6 }).toString('base64');
  return { type, length: values.length, low, step, data };
}

/** Characters that a packed part takes in the page. */
export const packedSize = (...parts: (Packed | PackedText | undefined)[]): number =>
  parts.reduce((sum, part) => sum + (part?.data.length ?? 0), 0);
