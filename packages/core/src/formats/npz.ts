import type { FileHandle } from 'node:fs/promises';
import { problem } from '../errors.js';
import { writeThrough } from './atomic.js';
import { withInput } from './input-file.js';
import { formatNpyHeader, npyHeaderBytes, parseNpyHeader, type NpyHeader } from './npy-header.js';
import { checkNpySize, finishNpy, npyLayout, npyPieces, parseNpy, type NpyArray } from './npy.js';
import { extractZip, listZip, listZipFile, streamZip, type ZipEntry } from './zip.js';
import { writeZip, type ZipMember } from './zip-writer.js';

/** An array too large to lie in memory as it is written: its type (`<f8`), its shape, its elements in row-major pieces. */
export interface NpyStream {
  readonly descr: string;
  readonly shape: readonly number[];
  /** Bytes of all elements. */
  readonly byteLength: number;
  readonly pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** All arrays of an .npz in memory, by name, in the file's order. Arrays of stored members are views of `bytes` where aligned. */
export function parseNpz(bytes: Uint8Array, place: string): Map<string, NpyArray> {
  const arrays = new Map<string, NpyArray>();
  for (const entry of listZip(bytes, place)) {
    const name = arrayName(entry);
    if (name !== undefined) arrays.set(name, parseNpy(extractZip(bytes, entry, place), `${place} ${name}`));
  }
  return arrays;
}

/** All arrays of an .npz file, or those `wanted`, each on a SharedArrayBuffer. The file is read once, chunk by chunk. */
export async function readNpz(path: string, wanted?: readonly string[]): Promise<Map<string, NpyArray>> {
  return withNpz(path, async (npz) => {
    const arrays = new Map<string, NpyArray>();
    for (const name of npz.names) {
      if (wanted === undefined || wanted.includes(name)) arrays.set(name, await npz.read(name));
    }
    return arrays;
  });
}

/** An open .npz whose arrays can be read one by one, whole or as a stream. */
export interface NpzFile {
  readonly names: readonly string[];
  /** Type and shape of an array, without reading its elements. */
  header(name: string): Promise<NpyHeader>;
  /** One whole array on a SharedArrayBuffer. */
  read(name: string): Promise<NpyArray>;
  /** The elements of an array as they lie in the file (see {@link npyLayout}); a chunk is valid until the next is asked for. */
  elements(name: string): AsyncGenerator<Uint8Array>;
}

/** Opens an .npz for `use` and closes it afterwards. */
export async function withNpz<T>(path: string, use: (npz: NpzFile) => Promise<T>): Promise<T> {
  return withInput(path, async (file, size) => use(await openNpz(file, size, path)));
}

async function openNpz(file: FileHandle, size: number, path: string): Promise<NpzFile> {
  const entries = new Map<string, ZipEntry>();
  for (const entry of await listZipFile(file, size, path)) {
    const name = arrayName(entry);
    if (name !== undefined) entries.set(name, entry);
  }
  const find = (name: string): ZipEntry => {
    const entry = entries.get(name);
    if (entry !== undefined) return entry;
    throw problem('E_FILE', path, `has no array "${name}"`, `it holds ${[...entries.keys()].join(', ') || 'none'}`);
  };
  const header = async (name: string): Promise<NpyHeader> => {
    const entry = find(name);
    let start = Buffer.alloc(0);
    for await (const chunk of streamZip(file, entry, path)) {
      start = Buffer.concat([start, chunk]);
      if (start.length >= Math.min(12, entry.size) && start.length >= npyHeaderBytes(start, `${path} ${name}`)) break;
    }
    const parsed = parseNpyHeader(start, `${path} ${name}`);
    const { parts, partBytes } = npyLayout(parsed, `${path} ${name}`);
    const available = entry.size - parsed.headerBytes;
    checkNpySize(parsed, available, parts === undefined ? available : parts * partBytes, `${path} ${name}`);
    return parsed;
  };
  const elementsAfter = async function* (name: string, skip: number): AsyncGenerator<Uint8Array> {
    for await (const chunk of streamZip(file, find(name), path)) {
      if (chunk.length > skip) yield chunk.subarray(skip);
      skip = Math.max(0, skip - chunk.length);
    }
  };
  return {
    names: [...entries.keys()],
    header,
    async *elements(name) {
      yield* elementsAfter(name, (await header(name)).headerBytes);
    },
    async read(name) {
      const head = await header(name);
      const layout = npyLayout(head, `${path} ${name}`);
      const target = allocate(find(name).size - head.headerBytes, `${path} ${name}`);
      let at = 0;
      for await (const chunk of elementsAfter(name, head.headerBytes)) {
        target.set(chunk, at);
        at += chunk.length;
      }
      const elements = new layout.array(target.buffer, 0, target.length / layout.partBytes);
      return finishNpy(head, layout, elements);
    },
  };
}

/**
 * Writes arrays to an .npz, one after the other and piece by piece (arrays beyond 2 GiB too), to a temporary name that is then renamed.
 * The same arrays give the same bytes. `compress` deflates: half the size for knn graphs, ten times the time.
 */
export async function writeNpz(
  path: string,
  entries: Iterable<readonly [string, NpyArray | NpyStream]> | AsyncIterable<readonly [string, NpyArray | NpyStream]>,
  options: { readonly compress?: boolean | undefined } = {},
): Promise<void> {
  const members = (async function* () {
    for await (const [name, array] of entries) yield member(name, array);
  })();
  await writeThrough(path, (file) => writeZip(file, members, { compress: options.compress ?? false }));
}

function member(name: string, array: NpyArray | NpyStream): ZipMember {
  if ('data' in array) {
    const [header, elements] = npyPieces(array);
    return { name: `${name}.npy`, size: header.length + elements.length, pieces: [header, elements] };
  }
  const header = formatNpyHeader(array.descr, array.shape);
  const pieces = (async function* () {
    yield header;
    yield* array.pieces;
  })();
  return { name: `${name}.npy`, size: header.length + array.byteLength, pieces };
}

/** numpy names the members KEY.npy; folders and other members are passed over. */
function arrayName(entry: ZipEntry): string | undefined {
  return entry.name.endsWith('.npy') ? entry.name.slice(0, -4) : undefined;
}

function allocate(bytes: number, place: string): Uint8Array {
  try {
    return new Uint8Array(new SharedArrayBuffer(bytes));
  } catch (error) {
    throw problem('E_MEMORY', place, `${bytes} bytes do not fit the memory`, 'use a machine with more memory', error);
  }
}
