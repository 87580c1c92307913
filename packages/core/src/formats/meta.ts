import { sharedInt32 } from '../data/shared-arrays.js';
import { problem } from '../errors.js';
import { writeAtomic } from './atomic.js';
import { readFileBytes } from './input-file.js';

const newline = 10;
const piece = 2 ** 16;

/**
 * Labels as text: one integer a line, -1 = unknown. Blanks around a number, CRLF, a byte order mark and blank lines at the end are tolerated.
 * E_DATA names the first line that is no label. O(bytes), no strings made.
 */
export function parseMeta(bytes: Uint8Array, place: string): Int32Array {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let end = bytes.length;
  while (end > start && isBlank(bytes[end - 1])) end--;
  let lines = end > start ? 1 : 0;
  for (let at = start; at < end; at++) if (bytes[at] === newline) lines++;
  const labels = sharedInt32(lines);
  let from = start;
  for (let line = 0; line < lines; line++) {
    let to = from;
    while (to < end && bytes[to] !== newline) to++;
    labels[line] = parseLabel(bytes, from, to, `${place}:${line + 1}`);
    from = to + 1;
  }
  return labels;
}

function parseLabel(bytes: Uint8Array, from: number, to: number, place: string): number {
  while (from < to && isBlank(bytes[from])) from++;
  while (to > from && isBlank(bytes[to - 1])) to--;
  const negative = bytes[from] === 0x2d;
  let value = 0;
  let at = negative ? from + 1 : from;
  let whole = at < to;
  for (; at < to; at++) {
    const digit = bytes[at] - 48;
    if (digit < 0 || digit > 9) whole = false;
    value = 10 * value + digit;
  }
  if (negative) value = -value;
  if (whole && value >= -1 && value < 2 ** 31) return value + 0;
  const text = Buffer.from(bytes.subarray(from, Math.min(to, from + 30))).toString();
  const fact = !whole ? (text === '' ? 'is blank' : `"${text}" is no integer`) : `${value} is no label`;
  throw problem('E_DATA', place, fact, 'one label from 0 to 2147483647 a line, -1 = unknown');
}

/** Space, tab, carriage return, newline. */
function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 13 || byte === newline;
}

/** One integer a line, in pieces. */
export function* formatMeta(labels: ArrayLike<number>): Generator<Uint8Array> {
  for (let start = 0; start < labels.length; start += piece) {
    let text = '';
    for (let i = start; i < Math.min(labels.length, start + piece); i++) text += `${labels[i]}\n`;
    yield Buffer.from(text);
  }
}

export async function readMeta(path: string): Promise<Int32Array> {
  return parseMeta(await readFileBytes(path), path);
}

export async function writeMeta(path: string, labels: ArrayLike<number>): Promise<void> {
  await writeAtomic(path, formatMeta(labels));
}
