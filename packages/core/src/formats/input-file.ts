import { open, type FileHandle } from 'node:fs/promises';
import { problem, type L2cError } from '../errors.js';

/** Bytes read at a time: large enough for full disk speed, small against any data set. */
const chunkBytes = 2 ** 22;

/** Turns an error of the file system into one the user can act on. */
export function inputError(path: string, error: unknown): L2cError {
  const code = (error as NodeJS.ErrnoException).code;
  const say = (fact: string, wayOut?: string) => problem('E_FILE', path, fact, wayOut, error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return say('no such file', 'check the path; in a pipeline it is relative to the YAML file');
  }
  if (code === 'EACCES' || code === 'EPERM') return say('may not be read', 'give yourself read permission on it');
  return say(`can't be read: ${error instanceof Error ? error.message : String(error)}`);
}

/** Opens a regular file, hands it with its size to `use`, and closes it whatever happens. */
export async function withInput<T>(path: string, use: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw inputError(path, error);
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile())
      throw problem('E_FILE', path, stat.isDirectory() ? 'is a folder, not a file' : 'is no regular file');
    return await use(file, stat.size);
  } finally {
    await file.close();
  }
}

/** Exactly `length` bytes from `position`; a file that ends before is an error. */
export async function readExactly(
  file: FileHandle,
  position: number,
  length: number,
  path: string,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await fill(file, bytes, position, path);
  return bytes;
}

/**
 * The bytes start..end (exclusive), chunk by chunk. Every chunk lies in one buffer that the next overwrites, unless `fresh`
 * asks for a new one each time (for consumers that keep or hand on a chunk, such as streams).
 */
export async function* readChunks(
  file: FileHandle,
  start: number,
  end: number,
  path: string,
  fresh = false,
): AsyncGenerator<Uint8Array> {
  let buffer: Uint8Array | undefined;
  for (let at = start; at < end;) {
    const length = Math.min(chunkBytes, end - at);
    if (buffer === undefined || fresh) buffer = new Uint8Array(Math.min(chunkBytes, end - start));
    const chunk = buffer.subarray(0, length);
    await fill(file, chunk, at, path);
    yield chunk;
    at += length;
  }
}

async function fill(file: FileHandle, target: Uint8Array, position: number, path: string): Promise<void> {
  for (let done = 0; done < target.length;) {
    let bytesRead: number;
    try {
      ({ bytesRead } = await file.read(target, done, target.length - done, position + done));
    } catch (error) {
      throw inputError(path, error);
    }
    if (bytesRead === 0) {
      throw problem(
        'E_FILE',
        path,
        `ends at byte ${position + done}, before byte ${position + target.length} it should hold`,
      );
    }
    done += bytesRead;
  }
}

/** A whole file in memory: for formats that are small by nature (weights, labels). */
export async function readFileBytes(path: string): Promise<Uint8Array> {
  return withInput(path, (file, size) => readExactly(file, 0, size, path));
}
