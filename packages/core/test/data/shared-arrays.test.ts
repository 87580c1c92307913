import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { sharedFloat32, sharedInt32 } from '../../src/data/shared-arrays.js';

/** In a process of its own: how often V8 collects garbage depends on all that was done before. */
const countSurvivors = `
  const { sharedInt32 } = await import(process.argv[1]);
  const made = [];
  for (let round = 0; round < 32; round++) {
    made.push(new WeakRef(sharedInt32(2 ** 22)));
    await new Promise(setImmediate); // what a task has seen lives to its end
  }
  console.log(made.filter((array) => array.deref() !== undefined).length);
`;

describe('shared arrays', () => {
  it('lie on shared memory and start with zeros', () => {
    expect(sharedFloat32(3).buffer).to.be.instanceOf(SharedArrayBuffer);
    expect(sharedInt32(3).buffer).to.be.instanceOf(SharedArrayBuffer);
    expect([...sharedFloat32(2), ...sharedInt32(2)]).to.deep.equal([0, 0, 0, 0]);
  });

  it('are collected when nobody needs them, however many are made', () => {
    const module = new URL('../../src/data/shared-arrays.ts', import.meta.url).href;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', countSurvivors, module];
    const survivors = Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
    expect(survivors).to.be.below(16); // 4 of these 16 MiB go by between two collections
  });
});
