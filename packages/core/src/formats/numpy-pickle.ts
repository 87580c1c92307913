import { problem } from '../errors.js';
import { elementCount } from './npy-header.js';
import { finishNpy, npyLayout, type NpyArray } from './npy.js';
import { isObject, type PickleValue } from './pickle.js';

/** numpy moved its core from 1.x to 2.x; the names within stayed. */
const reconstruct = /^numpy\._?core\.multiarray _reconstruct$/;
const fromBuffer = /^numpy\._?core\.numeric _frombuffer$/;

/** An array as numpy pickles it: numbers, or a flat row-major list of whatever an object array holds. */
export type PickledArray = NpyArray | { readonly shape: readonly number[]; readonly objects: readonly PickleValue[] };

/** True where Python would make a numpy array of the value. */
export function isPickledArray(value: PickleValue | undefined): boolean {
  return isObject(value) && (reconstruct.test(value.global) || fromBuffer.test(value.global));
}

/** The array that a value of a pickle stands for. Numbers are copied, so that they are aligned and the pickle can go. */
export function fromPickledArray(value: PickleValue | undefined, place: string): PickledArray {
  const parts = arrayParts(value);
  if (parts === undefined)
    throw problem('E_FILE', place, 'its pickle holds no array where one is expected', 'save it as plain arrays');
  const { shape, type, bigEndian, fortranOrder, content } = parts;
  if (Array.isArray(content)) {
    if (content.length !== elementCount(shape))
      throw problem('E_FILE', place, `${content.length} objects for ${shape.join(' x ')}`);
    if (fortranOrder && shape.length > 1)
      throw problem('E_FILE', place, 'holds objects in Fortran order', 'save plain arrays');
    return { shape, objects: content };
  }
  const header = { type, bigEndian, fortranOrder, shape, headerBytes: 0 };
  const layout = npyLayout(header, place);
  if (layout.content !== 'numbers' || layout.parts! * layout.partBytes !== content.length) {
    throw problem(
      'E_FILE',
      place,
      `${content.length} bytes for ${shape.join(' x ')} of ${type}`,
      'copy or write the file again',
    );
  }
  const own = Uint8Array.from(content as Uint8Array);
  return finishNpy(header, layout, new layout.array(own.buffer, 0, layout.parts!));
}

interface ArrayParts {
  readonly shape: readonly number[];
  readonly type: string;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly content: Uint8Array | readonly PickleValue[];
}

function arrayParts(value: PickleValue | undefined): ArrayParts | undefined {
  if (!isObject(value)) return undefined;
  if (reconstruct.test(value.global) && Array.isArray(value.state)) {
    const [, shape, dtype, fortran, content] = value.state.length === 5 ? value.state : [1, ...value.state];
    return makeParts(shape, dtype, fortran === true || fortran === 1, content);
  }
  if (fromBuffer.test(value.global)) {
    const [content, dtype, shape, order] = value.args;
    return makeParts(shape, dtype, order === 'F', content);
  }
  return undefined;
}

function makeParts(
  shape: PickleValue | undefined,
  dtype: PickleValue | undefined,
  fortranOrder: boolean,
  content: PickleValue | undefined,
): ArrayParts | undefined {
  const type = isObject(dtype, 'numpy dtype') ? dtype.args[0] : undefined;
  const sizes = Array.isArray(shape) ? shape : undefined;
  const bytes = Array.isArray(content) ? content : rawBytes(content);
  if (typeof type !== 'string' || bytes === undefined) return undefined;
  if (sizes === undefined || !sizes.every((size) => Number.isSafeInteger(size) && (size as number) >= 0))
    return undefined;
  const state = (dtype as { state?: PickleValue }).state;
  const bigEndian = Array.isArray(state) && state[1] === '>';
  return { shape: sizes as number[], type: type.replace(/^[<>=|]/, ''), bigEndian, fortranOrder, content: bytes };
}

/** Bytes as protocol 3 and later write them, as a string of Python 2, or as text to be encoded (protocols below 3 of Python 3). */
function rawBytes(value: PickleValue | undefined): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value, 'latin1');
  if (!isObject(value)) return undefined;
  const { global, args } = value;
  const [text, encoding] = args;
  const encodes = global === '_codecs encode' || / bytearray$/.test(global);
  if (encodes && typeof text === 'string' && (encoding === 'latin1' || encoding === 'latin-1'))
    return Buffer.from(text, 'latin1');
  return / (bytes|bytearray)$/.test(global) && args.length === 0 ? new Uint8Array(0) : undefined;
}
