import { totalmem } from 'node:os';
import { expect } from 'chai';
import { assertRoom, inRoom, roomLeft } from '../../src/compute/room.js';
import { L2cError } from '../../src/errors.js';

function refusal(work: () => unknown): L2cError {
  try {
    work();
  } catch (error) {
    expect(error).to.be.instanceOf(L2cError);
    return error as L2cError;
  }
  throw new Error('was not refused');
}

describe('room', () => {
  it('is more than nothing and less than the machine has', () => {
    expect(roomLeft()).to.be.within(1, totalmem());
  });

  it('refuses what would not fit, with what takes how much and what to do', () => {
    assertRoom(1e9, 'x.bin', 'features', 'take fewer', 1e9);
    const { message, problems } = refusal(() => assertRoom(3.25e9, 'x.bin', '10 x 20 features', 'take fewer', 1e9));
    expect(message).to.include('x.bin: 10 x 20 features take 3.3 GB, and 1.0 GB are free; take fewer');
    expect(problems[0].code).to.equal('E_MEMORY');
  });

  it('refuses what the system would not give', () => {
    const make = (): Uint8Array => new Uint8Array(2 ** 53);
    const { message, problems, cause } = refusal(() => inRoom(8, 'y.bin', 'rows', 'take fewer', make));
    expect(problems[0].code).to.equal('E_MEMORY');
    expect(message).to.include('not to be had').and.include('take fewer');
    expect(cause).to.be.instanceOf(RangeError);
    expect(inRoom(8, '', 'rows', '', () => 5)).to.equal(5);
  });
});
