import { expect } from 'chai';
import { sharedFloat32, sharedInt32 } from '../../src/data/shared-arrays.js';

describe('shared arrays', () => {
  it('lie on shared memory and start with zeros', () => {
    expect(sharedFloat32(3).buffer).to.be.instanceOf(SharedArrayBuffer);
    expect(sharedInt32(3).buffer).to.be.instanceOf(SharedArrayBuffer);
    expect([...sharedFloat32(2), ...sharedInt32(2)]).to.deep.equal([0, 0, 0, 0]);
  });

  it('are collected when nobody needs them, however many are made', async () => {
    const touched = 2 ** 21;
    const before = process.memoryUsage.rss();
    let most = 0;
    for (let round = 0; round < 48; round++) {
      sharedInt32(2 * touched).fill(1, 0, touched / 4); // 2 of 16 MiB
      most = Math.max(most, process.memoryUsage.rss() - before);
      await new Promise(setImmediate); // what was collected is freed between tasks
    }
    expect(most).to.be.below(24 * touched);
  });
});
