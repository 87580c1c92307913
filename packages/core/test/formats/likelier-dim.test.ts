import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { likelierDim } from '../../src/formats/likelier-dim.js';
import { createRandom } from '../../src/stages/random.js';
import { temporaryFolder } from './temporary.js';

describe('a dim that is likelier', () => {
  const folder = temporaryFolder();
  const random = createRandom(1);
  /** 300 rows of 128 numbers. */
  const rows = (length: number): Float32Array => {
    const values = Float32Array.from({ length: 300 * 128 }, () => random.normal());
    for (let row = 0; row < 300; row++) {
      const own = values.subarray(row * 128, (row + 1) * 128);
      const norm = Math.hypot(...own);
      own.forEach((value, c) => (own[c] = (length * value) / norm));
    }
    return values;
  };
  const write = (name: string, values: Float32Array): string => {
    writeFileSync(folder.path(name), values);
    return folder.path(name);
  };

  it('is one whose rows have other lengths than 1, where those of another common dim have 1', async () => {
    const path = write('unit.bin', rows(1));
    expect(await likelierDim(path, 100)).to.equal(128);
    expect(await likelierDim(path, 128)).to.equal(undefined);
  });

  it('is none where rows have any length, and nothing else may be known', async () => {
    const path = write('long.bin', rows(3));
    expect(await likelierDim(path, 100)).to.equal(undefined);
    expect(await likelierDim(path, undefined)).to.equal(undefined);
    expect(await likelierDim(folder.path('features.npy'), 100)).to.equal(undefined);
  });
});
