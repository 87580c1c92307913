import { sharedInt32 } from '../data/shared-arrays.js';
import { problem } from '../errors.js';
import { elementCount } from './npy-header.js';
import type { NpyArray } from './npy.js';

/** The numbers as float32, row-major: the same array where they already are. */
export function toFloat32(array: NpyArray, place = ''): Float32Array {
  assertNumbers(array, place);
  const { data } = array;
  return data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number | bigint>, Number);
}

/**
 * The numbers as int32 on a SharedArrayBuffer: the same array where they already are int32. Floats are taken where they are whole.
 * E_DATA names the first element that is not whole, or out of -2^31 .. 2^31 - 1.
 */
export function toInt32(array: NpyArray, place: string): Int32Array {
  assertNumbers(array, place);
  const { data } = array;
  if (data instanceof Int32Array) return data;
  const result = sharedInt32(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (value !== (value | 0)) {
      const what = Number.isInteger(value) ? 'beyond 32-bit integers' : 'no integer';
      throw problem('E_DATA', `${place} element ${i}`, `${data[i]} is ${what}`);
    }
    result[i] = value;
  }
  return result;
}

/** The elements of a text array (numpy's `U` and `S` types). */
export function toStrings(array: NpyArray, place: string): string[] {
  if (array.content !== 'text') throw problem('E_FILE', place, 'holds numbers where text is expected');
  const count = elementCount(array.shape);
  const width = count === 0 ? 0 : array.data.length / count;
  const points = array.data as Uint8Array | Uint32Array;
  return Array.from({ length: count }, (_, i) => {
    let end = (i + 1) * width;
    while (end > i * width && points[end - 1] === 0) end--;
    let text = '';
    for (let at = i * width; at < end; at++) {
      if (points[at] > 0x10ffff) throw problem('E_FILE', place, `element ${i} is no text`);
      text += String.fromCodePoint(points[at]);
    }
    return text;
  });
}

/** Refuses pickled objects and text. */
export function assertNumbers(array: NpyArray, place: string): void {
  if (array.content === 'pickle') {
    throw problem('E_FILE', place, 'holds pickled Python objects, not numbers', 'save a plain array of numbers');
  }
  if (array.content === 'text')
    throw problem('E_FILE', place, 'holds text, not numbers', 'save a plain array of numbers');
}
