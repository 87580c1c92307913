import { problem } from '../errors.js';
import { readFileBytes } from './input-file.js';

/** A text with a line for each of `n` faces: names, paths of images. Throws L2cErrors E_FILE, and E_DATA where their numbers differ. */
export async function readLines(path: string, n: number): Promise<string[]> {
  const text = Buffer.from(await readFileBytes(path)).toString('utf8');
  const lines = text
    .replace(/^\ufeff/, '')
    .replace(/\r?\n$/, '')
    .split(/\r?\n/);
  if (lines.length === n) return lines;
  throw problem('E_DATA', path, `has ${lines.length} lines, and there are ${n} faces`, 'give a line for each face');
}
