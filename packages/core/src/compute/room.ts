import { freemem, totalmem } from 'node:os';
import { problem } from '../errors.js';

/** Bytes that this process can still have: of the machine, or of the container it runs in. */
export function roomLeft(): number {
  const limit = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  const own = limit - process.memoryUsage.rss();
  // elsewhere what is called free leaves out what the system would give back
  return process.platform === 'linux' ? Math.min(own, freemem()) : own;
}

/**
 * Refuses what would not fit, before any of it is allocated: memory is handed out page by page, and a process that asks for
 * more than there is ends without a word.
 *
 * @param what takes the memory, `584013 x 256 features`
 * @param left for tests
 * @throws L2cError E_MEMORY
 */
export function assertRoom(bytes: number, place: string, what: string, wayOut: string, left = roomLeft()): void {
  if (bytes <= left) return;
  const fact = `${what} take ${gigabytes(bytes)}, and ${gigabytes(Math.max(0, left))} are free`;
  throw problem('E_MEMORY', place, fact, wayOut);
}

/** What `make` allocates, once it is known to fit; see {@link assertRoom}. The system may refuse it nevertheless. */
export function inRoom<T>(bytes: number, place: string, what: string, wayOut: string, make: () => T): T {
  assertRoom(bytes, place, what, wayOut);
  try {
    return make();
  } catch (cause) {
    throw problem('E_MEMORY', place, `${what} take ${gigabytes(bytes)}, which are not to be had`, wayOut, cause);
  }
}

/** `1.2 GB`, in units of 10^9 bytes. */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
