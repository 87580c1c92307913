import { problem } from '../errors.js';

/** What the header of an .npy file says of the array that follows it. */
export interface NpyHeader {
  /** Type of an element without its byte order, as numpy writes it: `f4`, `i8`, `b1`, `O` (pickled objects), `U5`, `S3`. */
  readonly type: string;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the elements start. */
  readonly headerBytes: number;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
/** numpy's own headers stay below 64 KiB (version 1); a longer one is no header of an array of numbers. */
const maxHeaderBytes = 2 ** 20;

/** How many bytes of the file hold its header, from the first 12 of them (fewer only where the file is shorter). */
export function npyHeaderBytes(start: Uint8Array, place: string): number {
  if (start.length < 10 || magic.some((byte, i) => start[i] !== byte)) {
    throw problem('E_FILE', place, 'is not an .npy array', 'write it with numpy.save');
  }
  const version = start[6];
  if (version < 1 || version > 3) throw problem('E_FILE', place, `has .npy version ${version}; 1 to 3 are known`);
  const wide = version > 1;
  if (wide && start.length < 12) throw problem('E_FILE', place, 'ends within its header');
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const total = wide ? 12 + view.getUint32(8, true) : 10 + view.getUint16(8, true);
  if (total > maxHeaderBytes) throw problem('E_FILE', place, `announces a header of ${total} bytes`);
  return total;
}

/** Parses the header at the start of `bytes` (at least {@link npyHeaderBytes} of them). */
export function parseNpyHeader(bytes: Uint8Array, place: string): NpyHeader {
  const headerBytes = npyHeaderBytes(bytes, place);
  if (bytes.length < headerBytes) throw problem('E_FILE', place, 'ends within its header');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, headerBytes)
    .subarray(bytes[6] > 1 ? 12 : 10)
    .toString(bytes[6] === 3 ? 'utf8' : 'latin1');
  const descr = /['"]descr['"]\s*:\s*['"]([<>|=]?)([A-Za-z]\d*)['"]/.exec(text);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text);
  const shape = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(text);
  if (descr === null || order === null || shape === null) {
    const structured = descr === null && /['"]descr['"]\s*:/.test(text);
    throw problem(
      'E_FILE',
      place,
      structured ? 'holds elements that are no plain numbers' : 'has a header that is no description of an array',
      'save a plain array of numbers',
    );
  }
  const sizes = shape[1].split(',').map((size) => size.trim().replace(/L$/, ''));
  const dims = sizes.filter((size) => size !== '').map(Number);
  if (!Number.isSafeInteger(dims.reduce((product, size) => product * size, 1))) {
    throw problem('E_FILE', place, `announces an array of ${dims.join(' x ')}`);
  }
  return { type: descr[2], bigEndian: descr[1] === '>', fortranOrder: order[1] === 'True', shape: dims, headerBytes };
}

/** Number of elements. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A version 1.0 header for a C-ordered array, padded so that the elements start at a multiple of 64. `descr` as in `<f4`. */
export function formatNpyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const total = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(total).fill(0x20);
  bytes.set([...magic, 1, 0, (total - 10) & 255, (total - 10) >> 8]);
  bytes.set(Buffer.from(text, 'latin1'), 10);
  bytes[total - 1] = 0x0a;
  return bytes;
}
