import { createHash, randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { L2cError, problem } from '../errors.js';
import { readChunks, withInput } from './input-file.js';

const waysOut: Readonly<Record<string, readonly [fact: string, wayOut: string]>> = {
  ENOSPC: ['the disk is full', 'free some space, or write to another disk'],
  EDQUOT: ['your disk quota is used up', 'free some space, or write to another disk'],
  EACCES: ['may not be written', 'give yourself write permission on its folder, or write elsewhere'],
  EPERM: ['may not be written', 'give yourself write permission on its folder, or write elsewhere'],
  EROFS: ['lies on a read-only disk', 'write elsewhere'],
  ENOTDIR: ['lies below a file, not a folder', 'choose another path'],
  ENOENT: ['its folder does not exist', 'create the folder first'],
  EISDIR: ['is a folder', 'name a file in it'],
  EFBIG: ['is larger than this disk allows', 'write to another disk'],
};

/** Turns an error of writing `path` into one the user can act on (E_OUTPUT). What already is an L2cError stays. */
export function outputError(path: string, error: unknown): unknown {
  if (error instanceof L2cError || !(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined || (error as NodeJS.ErrnoException).syscall === undefined) return error;
  const [fact, wayOut] = waysOut[code] ?? [`can't be written: ${error.message}`, 'write elsewhere'];
  return problem('E_OUTPUT', path, fact, wayOut, error);
}

/** Removes files, as far as they are there. */
export async function removeFiles(files: readonly string[]): Promise<void> {
  for (const file of files) {
    await rm(file, { force: true }).catch((error: unknown) => {
      throw outputError(file, error);
    });
  }
}

/** A path beside `path` that nothing has, on the same disk: what is made there can be renamed. */
export const temporaryBeside = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`);

/**
 * Lets `write` fill a temporary file beside `path`, brings it to the disk and renames it: `path` is there whole, or as it was
 * before. The temporary file is removed on any failure.
 */
export async function writeThrough<T>(path: string, write: (file: FileHandle) => Promise<T>): Promise<T> {
  const temporary = temporaryBeside(path);
  try {
    const file = await open(temporary, 'wx');
    let result: T;
    try {
      result = await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    return result;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw outputError(path, error);
  }
}

/** Writes a whole file, or none: see {@link writeThrough}. Errors of the disk are E_OUTPUT with a way out. */
export async function writeAtomic(
  path: string,
  content: Uint8Array | string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const pieces =
    typeof content === 'string' ? [Buffer.from(content)] : content instanceof Uint8Array ? [content] : content;
  await writeThrough(path, async (file) => {
    let position = 0;
    for await (const piece of pieces) {
      await writeAll(file, piece, position);
      position += piece.length;
    }
  });
}

/** Writes all of `bytes` at `position`, however large (one call of the system writes 2 GiB at most). */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  const most = 2 ** 28;
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, Math.min(most, bytes.length - done), position + done);
    done += bytesWritten;
  }
}

/** SHA-256 of a file's bytes in hexadecimal, read chunk by chunk. */
export async function hashFile(path: string): Promise<string> {
  return withInput(path, async (file, size) => {
    const hash = createHash('sha256');
    for await (const chunk of readChunks(file, 0, size, path)) hash.update(chunk);
    return hash.digest('hex');
  });
}

/** Whether a process is running: temporary names carry that of the one that writes them. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
