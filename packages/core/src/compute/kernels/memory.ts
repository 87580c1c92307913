import { expectShared } from '../../data/shared-arrays.js';
import { problem } from '../../errors.js';

// The little of WebAssembly's JavaScript interface that is used here; neither the ES nor the Node types have it.
declare const WebAssembly: {
  Memory: new (size: { initial: number; maximum: number; shared: boolean }) => KernelMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** Bytes of a page of WebAssembly memory, and all that one memory can address. */
const pageBytes = 65536;
export const addressableBytes = 65535 * pageBytes;

/** What a kernel works on. Offsets into it are bytes, unsigned: beyond 2 GiB they don't fit an int32. */
export interface KernelMemory {
  readonly buffer: ArrayBufferLike;
}

/** Hands out offsets in a memory that is yet to be made: the forecast and the layout are one thing. */
export class Arena {
  /** Bytes handed out. The first 1024 stay free, so that no offset is 0. */
  bytes = 1024;

  /** A stretch of the given size, on a cache line of its own. */
  take(bytes: number): number {
    const offset = this.bytes;
    this.bytes = Math.ceil((offset + bytes) / 64) * 64;
    return offset;
  }
}

/**
 * A memory of the given size for kernels of the given sort: WebAssembly's own, or plain buffers for the TypeScript twins.
 * It never grows, so views stay valid. Pages are zero and cost nothing before they are touched.
 *
 * @throws L2cError E_MEMORY where the system refuses
 */
export function allocateMemory(kind: 'wasm' | 'plain', bytes: number, shared: boolean): KernelMemory {
  if (bytes > addressableBytes) throw new RangeError(`${bytes} bytes are more than a WebAssembly memory can address`);
  const pages = Math.ceil(bytes / pageBytes);
  if (shared) expectShared(pages * pageBytes);
  try {
    if (kind === 'wasm') return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    return { buffer: shared ? new SharedArrayBuffer(pages * pageBytes) : new ArrayBuffer(pages * pageBytes) };
  } catch (cause) {
    const size = `${Math.ceil(bytes / 2 ** 20)} MiB`;
    throw problem('E_MEMORY', '', `${size} of memory are not to be had`, 'lower k, or use a machine with more', cause);
  }
}

/** Which kernels run here: plain ones alone where WebAssembly has been switched off. */
export const kernelKind: 'wasm' | 'plain' = 'WebAssembly' in globalThis ? 'wasm' : 'plain';

const modules = new Map<string, object>();

/**
 * Compiles a kernel that is committed as base64 and binds it to a memory. Synchronous: the modules are tiny. Compiled once:
 * code is optimised while it runs, and further memories get the optimised code.
 */
export function instantiate<Exports>(base64: string, memory: KernelMemory): Exports {
  let module = modules.get(base64);
  if (module === undefined) modules.set(base64, (module = new WebAssembly.Module(Buffer.from(base64, 'base64'))));
  return new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;
}
