import { expect } from 'chai';
import { sharedFloat32, sharedInt32 } from '../../src/data/shared-arrays.js';

describe('shared arrays', () => {
  it('lie on shared memory and start with zeros', () => {
    expect(sharedFloat32(3).buffer).to.be.instanceOf(SharedArrayBuffer);
    expect(sharedInt32(3).buffer).to.be.instanceOf(SharedArrayBuffer);
    expect([...sharedFloat32(2), ...sharedInt32(2)]).to.deep.equal([0, 0, 0, 0]);
  });

  it('are collected when nobody needs them, however many are made', async () => {
    const made: WeakRef<Int32Array>[] = [];
    for (let round = 0; round < 32; round++) {
      made.push(new WeakRef(sharedInt32(2 ** 22)));
      await new Promise(setImmediate); // what a task has seen lives to its end
    }
    const alive = made.filter((array) => array.deref() !== undefined);
    expect(alive.length).to.be.below(16); // 4 of these 16 MiB go by between two collections
  });
});
