import { expect } from 'chai';
import { freeArray } from '../../src/compute/free-array.js';
import { sharedFloat32 } from '../../src/data/shared-arrays.js';

describe('freeArray', () => {
  it('leaves an array, and all others on its memory, empty', () => {
    const values = new Float32Array(1000).fill(1);
    const rest = values.subarray(10);
    freeArray(values);
    expect([values.length, rest.length, values.buffer.byteLength]).to.deep.equal([0, 0, 0]);
  });

  it('leaves shared memory alone', () => {
    const values = sharedFloat32(3).fill(1);
    freeArray(values);
    expect([...values]).to.deep.equal([1, 1, 1]);
  });

  it('gives the memory back at once', () => {
    const bytes = 2 ** 22;
    const before = process.memoryUsage.rss();
    for (let round = 0; round < 24; round++) freeArray(new Uint8Array(bytes).fill(1));
    expect(process.memoryUsage.rss() - before).to.be.below(8 * bytes);
  });
});
