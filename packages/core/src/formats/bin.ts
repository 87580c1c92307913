import type { Features } from '../data/features.js';
import { problem } from '../errors.js';
import { writeAtomic } from './atomic.js';

/** Dimensions that face embeddings commonly have, to guess from where `dim` does not fit. */
export const commonDims = [64, 96, 128, 160, 192, 256, 384, 512, 768, 1024, 2048];

/**
 * Number of rows of a raw float32 file (row-major, no header) of `bytes` bytes. E_DATA where `dim` is absent or no whole rows come out,
 * with the common dims that would fit; E_FILE where the file is no whole float32 numbers.
 */
export function binRows(bytes: number, dim: number | undefined, path: string): number {
  if (bytes % 4 !== 0) {
    throw problem(
      'E_FILE',
      path,
      `${bytes} bytes are no whole float32 numbers`,
      'it may be cut short, or hold another type: copy or write it again',
    );
  }
  const numbers = bytes / 4;
  const fitting = commonDims.filter((candidate) => numbers > 0 && numbers % candidate === 0);
  const guess = fitting.length === 0 ? 'no common dim fits it' : `dims that would fit: ${fitting.join(', ')}`;
  if (dim === undefined)
    throw problem('E_DATA', path, `raw float32 has no header that says its dim; ${guess}`, 'give dim');
  if (!Number.isInteger(dim) || dim < 1) throw problem('E_DATA', path, `dim ${dim} is no positive integer`, guess);
  if (numbers % dim !== 0) {
    throw problem(
      'E_DATA',
      path,
      `${bytes} bytes hold ${numbers} float32 numbers, which are no whole rows of ${dim}: ${Math.floor(numbers / dim)} rows and ${numbers % dim} numbers over`,
      `${guess}; or the file is cut short`,
    );
  }
  return numbers / dim;
}

/** The values of features in row order, block by block, as bytes: no copy. */
export function* featureBytes(features: Features): Generator<Uint8Array> {
  for (const block of features.blocks) yield new Uint8Array(block.buffer, block.byteOffset, block.byteLength);
}

/** Writes raw float32, row-major, no header. */
export async function writeBin(path: string, features: Features): Promise<void> {
  await writeAtomic(path, featureBytes(features));
}
