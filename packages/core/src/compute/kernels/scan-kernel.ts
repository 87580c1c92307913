import { instantiate, type KernelMemory } from './memory.js';
import { plainScan } from './scan-plain.js';
import type { ScanKernel } from './scan.js';
import { scanWasm } from './scan.wasm.js';

interface ScanExports {
  scan: ScanKernel['scan'];
  rowsFound: { readonly value: number };
  columnsFound: { readonly value: number };
}

/** The kernel of the given sort on a private memory. */
export function scanKernel(kind: 'wasm' | 'plain', memory: KernelMemory): ScanKernel {
  if (kind === 'plain') return plainScan(memory);
  const exports = instantiate<ScanExports>(scanWasm, memory);
  return {
    scan: exports.scan,
    get rowsFound() {
      return exports.rowsFound.value;
    },
    get columnsFound() {
      return exports.columnsFound.value;
    },
  };
}
