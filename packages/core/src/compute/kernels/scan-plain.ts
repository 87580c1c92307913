import type { KernelMemory } from './memory.js';
import type { ScanKernel } from './scan.js';

/** The scan in plain TypeScript: same arguments, same memory, same result as assembly/scan.ts. */
export function plainScan(memory: KernelMemory): ScanKernel {
  const floats = new Float32Array(memory.buffer);
  const words = new Uint32Array(memory.buffer);
  const kernel = {
    rowsFound: 0,
    columnsFound: 0,
    scan(
      products: number,
      row: number,
      rows: number,
      columns: number,
      rowBounds: number,
      columnBounds: number,
      out: number,
      capacity: number,
    ): number {
      let forth = out / 4;
      let back = forth + 2 * capacity;
      const lastForth = back - 2 * columns;
      const lastBack = lastForth + 2 * capacity;
      for (; row < rows && forth <= lastForth && back <= lastBack; row++) {
        const bound = floats[rowBounds / 4 + row];
        for (let column = 0; column < columns; column++) {
          const x = floats[products / 4 + row * columns + column];
          if (x >= bound) {
            words[forth] = ((row << 16) | column) >>> 0;
            floats[forth + 1] = x;
            forth += 2;
          }
          if (x >= floats[columnBounds / 4 + column]) {
            words[back] = ((column << 16) | row) >>> 0;
            floats[back + 1] = x;
            back += 2;
          }
        }
      }
      kernel.rowsFound = (forth - out / 4) / 2;
      kernel.columnsFound = (back - out / 4) / 2 - capacity;
      return row;
    },
  };
  return kernel;
}
