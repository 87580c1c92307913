// Data that both sides of a comparison read from files, in a folder that goes away again.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function withScratch(use) {
  const folder = await mkdtemp(join(tmpdir(), 'l2c-bench-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes the bytes of typed arrays to files of a folder, by name. */
export function writerTo(folder) {
  return (name, { buffer, byteOffset, byteLength }) =>
    writeFile(join(folder, name), new Uint8Array(buffer, byteOffset, byteLength));
}
