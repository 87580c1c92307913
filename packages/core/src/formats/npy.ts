import { sharedFloat32 } from '../data/shared-arrays.js';
import { problem } from '../errors.js';
import { fromFloat16 } from '../data/half-floats.js';
import { elementCount, formatNpyHeader, parseNpyHeader, type NpyHeader } from './npy-header.js';
import { gatherStrided } from './strides.js';

export type NpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** An array as numpy saves it, always row-major (C order) and in this machine's byte order. */
export interface NpyArray {
  /** [] for a scalar. */
  readonly shape: readonly number[];
  /** The elements: bool as 0 or 1 in a Uint8Array, float16 as Float32Array. */
  readonly data: NpyData;
  /**
   * What `data` holds, `numbers` where absent. `pickle`: the raw bytes of an object array, for the pickle reader.
   * `text`: characters, a fixed number per element padded with 0 (code points in a Uint32Array, bytes in a Uint8Array).
   */
  readonly content?: 'numbers' | 'pickle' | 'text' | undefined;
}

interface ElementType {
  readonly bytes: number;
  readonly array: new (buffer: ArrayBufferLike, offset: number, length: number) => NpyData;
}

const elementTypes: Readonly<Record<string, ElementType>> = {
  f4: { bytes: 4, array: Float32Array },
  f8: { bytes: 8, array: Float64Array },
  f2: { bytes: 2, array: Uint16Array },
  b1: { bytes: 1, array: Uint8Array },
  i1: { bytes: 1, array: Int8Array },
  u1: { bytes: 1, array: Uint8Array },
  i2: { bytes: 2, array: Int16Array },
  u2: { bytes: 2, array: Uint16Array },
  i4: { bytes: 4, array: Int32Array },
  u4: { bytes: 4, array: Uint32Array },
  i8: { bytes: 8, array: BigInt64Array },
  u8: { bytes: 8, array: BigUint64Array },
};

/** How the elements of a header lie in the file: the array type of the parts, and how many parts an element has. */
export interface NpyLayout {
  readonly partBytes: number;
  readonly array: ElementType['array'];
  /** Number of parts in the whole array; undefined for a pickle, which fills the rest of the file. */
  readonly parts: number | undefined;
  readonly content: 'numbers' | 'pickle' | 'text';
}

export function npyLayout(header: NpyHeader, place: string): NpyLayout {
  const count = elementCount(header.shape);
  const known = elementTypes[header.type];
  if (known !== undefined) return { partBytes: known.bytes, array: known.array, parts: count, content: 'numbers' };
  if (header.type === 'O') return { partBytes: 1, array: Uint8Array, parts: undefined, content: 'pickle' };
  const width = Number(header.type.slice(1));
  if (header.type.startsWith('U')) return { partBytes: 4, array: Uint32Array, parts: count * width, content: 'text' };
  if (header.type.startsWith('S')) return { partBytes: 1, array: Uint8Array, parts: count * width, content: 'text' };
  throw problem('E_FILE', place, `holds elements of type "${header.type}"`, 'save it as float32 or as integers');
}

/**
 * Makes an array of elements as they lie in the file, in place where it can: swaps bytes of big-endian ones, widens
 * float16, transposes Fortran order. `elements` must be the caller's own.
 */
export function finishNpy(header: NpyHeader, layout: NpyLayout, elements: NpyData): NpyArray {
  let data = elements;
  if (header.bigEndian && layout.partBytes > 1) swapBytes(data);
  if (header.type === 'f2') data = fromFloat16(data as Uint16Array, sharedFloat32(data.length));
  if (header.fortranOrder && header.shape.length > 1 && layout.content === 'numbers')
    data = toRowMajor(data, header.shape);
  return layout.content === 'numbers'
    ? { shape: header.shape, data }
    : { shape: header.shape, data, content: layout.content };
}

/**
 * Parses a whole .npy file. Where the bytes allow it (aligned, little-endian, C order) the array is a view of them, no copy.
 * `place` names the file in errors: E_FILE where it is no array, is cut short, goes on after its end, or holds other than numbers.
 */
export function parseNpy(bytes: Uint8Array, place: string): NpyArray {
  const header = parseNpyHeader(bytes, place);
  const layout = npyLayout(header, place);
  const available = bytes.length - header.headerBytes;
  const needed = (layout.parts ?? available) * layout.partBytes;
  checkNpySize(header, available, needed, place);
  const start = bytes.byteOffset + header.headerBytes;
  const own = start % layout.partBytes !== 0 || header.bigEndian;
  const view = bytes.subarray(header.headerBytes);
  const body = own ? new Uint8Array(view) : view;
  const elements = new layout.array(body.buffer, body.byteOffset, needed / layout.partBytes);
  return finishNpy(header, layout, elements);
}

/** Refuses a body shorter or longer than the header announces. */
export function checkNpySize(header: NpyHeader, available: number, needed: number, place: string): void {
  if (available === needed) return;
  const shape = header.shape.length === 0 ? 'a scalar' : header.shape.join(' x ');
  const fact = available < needed ? 'is cut short' : 'goes on after its array';
  throw problem(
    'E_FILE',
    place,
    `${fact}: ${shape} of ${header.type} take ${needed} bytes, there are ${available}`,
    'copy or write the file again',
  );
}

const descriptors: readonly [new (length: number) => NpyData, string][] = [
  [Float32Array, '<f4'],
  [Float64Array, '<f8'],
  [Int8Array, '|i1'],
  [Uint8Array, '|u1'],
  [Int16Array, '<i2'],
  [Uint16Array, '<u2'],
  [Int32Array, '<i4'],
  [Uint32Array, '<u4'],
  [BigInt64Array, '<i8'],
  [BigUint64Array, '<u8'],
];

/** numpy's name of the element type of an array, such as `<f4`. */
export function npyDescriptor(array: NpyArray): string {
  if (array.content === 'pickle') return '|O';
  if (array.content === 'text') {
    const width = array.data.length / Math.max(1, elementCount(array.shape));
    return array.data instanceof Uint32Array ? `<U${width}` : `|S${width}`;
  }
  return descriptors.find(([type]) => array.data instanceof type)![1];
}

/** The header and the elements of an .npy file, as two pieces: no copy of the elements. */
export function npyPieces(array: NpyArray): [header: Uint8Array, elements: Uint8Array] {
  const { data, shape } = array;
  if (array.content === undefined && elementCount(shape) !== data.length) {
    throw new RangeError(`an array of ${shape.join(' x ')} with ${data.length} elements`);
  }
  const elements = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return [formatNpyHeader(npyDescriptor(array), shape), elements];
}

/** A whole .npy file. For arrays of gigabytes write the two {@link npyPieces} instead. */
export function formatNpy(array: NpyArray): Uint8Array {
  const [header, elements] = npyPieces(array);
  const bytes = new Uint8Array(header.length + elements.length);
  bytes.set(header);
  bytes.set(elements, header.length);
  return bytes;
}

function swapBytes(data: NpyData): void {
  const size = data.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (let start = 0; start < bytes.length; start += size) bytes.subarray(start, start + size).reverse();
}

/** Reorders elements whose first index runs fastest so that the last one does. Any number of dimensions. */
function toRowMajor(data: NpyData, shape: readonly number[]): NpyData {
  const type = data.constructor as ElementType['array'];
  const result = new type(new SharedArrayBuffer(data.byteLength), 0, data.length);
  const strides = shape.map((_, axis) => elementCount(shape.slice(0, axis)));
  return gatherStrided(data as Float32Array, result as Float32Array, shape, strides);
}

export { toFloat32, toInt32, toStrings } from './npy-values.js';
