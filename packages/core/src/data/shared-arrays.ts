/** Typed arrays on SharedArrayBuffers: worker threads read them without a copy. */

/** Bytes of shared memory between two collections of garbage. */
const patience = 2 ** 26;
let since = 0;

export function sharedFloat32(length: number): Float32Array<SharedArrayBuffer> {
  expectShared(length * 4);
  return new Float32Array(new SharedArrayBuffer(length * 4));
}

export function sharedInt32(length: number): Int32Array<SharedArrayBuffer> {
  expectShared(length * 4);
  return new Int32Array(new SharedArrayBuffer(length * 4));
}

export function sharedUint16(length: number): Uint16Array<SharedArrayBuffer> {
  expectShared(length * 2);
  return new Uint16Array(new SharedArrayBuffer(length * 2));
}

/**
 * To be told before shared memory is allocated. V8 doesn't count it, so whatever earlier stages left would stay until
 * something else made V8 collect garbage. Ordinary memory does, even if it is dropped again untouched.
 */
export function expectShared(bytes: number): void {
  since += bytes;
  if (since < patience) return;
  since = 0;
  try {
    new ArrayBuffer(2 * patience);
  } catch {
    // the address space is nearly full: whoever needs the memory will say so
  }
}
