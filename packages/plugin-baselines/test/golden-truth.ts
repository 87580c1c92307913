import { readFile } from 'node:fs/promises';

/** (n) true identities of the golden faces. */
export async function goldenTruth(): Promise<Int32Array> {
  const text = await readFile(new URL('../../core/test/golden/data/synth2k.meta', import.meta.url), 'utf8');
  return Int32Array.from(text.trim().split('\n'), Number);
}
