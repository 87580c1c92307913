import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { commonDims } from './bin.js';

const rowsLooked = 200;
const rounding = 1e-3;

/**
 * The common dim whose rows all have length 1 in a raw float32 file, where those of the `dim` that was given don't: that may be a slip. Undefined
 * where nothing speaks against it, and for other files, which say it themselves. Looks at the first 200 rows.
 */
export async function likelierDim(path: string, dim: number | undefined): Promise<number | undefined> {
  if (dim === undefined || extname(path).toLowerCase() !== '.bin') return undefined;
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(Math.min(size, 4 * rowsLooked * Math.max(dim, ...commonDims)));
    await file.read(bytes, 0, bytes.length, 0);
    const values = new Float32Array(bytes.buffer, 0, bytes.length >> 2);
    if (areUnit(values, dim)) return undefined;
    return commonDims.find((candidate) => size % (4 * candidate) === 0 && areUnit(values, candidate));
  } finally {
    await file.close();
  }
}

/** Whether the first rows are unit vectors, all of them, and more than one. */
function areUnit(values: Float32Array, dim: number): boolean {
  const rows = Math.min(rowsLooked, Math.floor(values.length / dim));
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let c = row * dim; c < (row + 1) * dim; c++) square += values[c] ** 2;
    if (!(Math.abs(square - 1) <= rounding)) return false;
  }
  return rows > 1;
}
