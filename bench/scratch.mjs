// Data that both sides of a comparison read from files, in a folder that goes away again.
import { mkdtemp, rm } from 'node:fs/promises';
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
