import { expect } from 'chai';
import { float16Values, fromFloat16, toFloat16 } from '../../src/data/half-floats.js';

describe('half floats', () => {
  const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
  const isNaNBits = (bits: number): boolean => (bits & 0x7c00) === 0x7c00 && (bits & 1023) !== 0;

  it('have the values of IEEE 754', () => {
    const known = { 0x0001: 2 ** -24, 0x03ff: 1023 * 2 ** -24, 0x0400: 2 ** -14, 0x3c00: 1, 0xc000: -2, 0x7bff: 65504 };
    for (const [bits, value] of Object.entries(known)) expect(float16Values[Number(bits)], bits).to.equal(value);
    expect([float16Values[0x7c00], float16Values[0xfc00]]).to.deep.equal([Infinity, -Infinity]);
    expect(Object.is(float16Values[0x8000], -0)).to.equal(true);
    expect(float16Values[0x7c01]).to.be.NaN;
  });

  it('come back from float32 bit by bit', () => {
    const back = toFloat16(fromFloat16(all));
    for (const bits of all) {
      if (isNaNBits(bits)) expect(float16Values[back[bits]], String(bits)).to.be.NaN;
      else expect(back[bits]).to.equal(bits);
    }
  });

  it('are the nearest, ties to even, and infinite from half-way beyond the last', () => {
    for (let bits = 0; bits < 0x7c00; bits++) {
      const [low, high] = [float16Values[bits], bits === 0x7bff ? 65536 : float16Values[bits + 1]];
      const middle = (low + high) / 2;
      const step = (high - low) / 1024;
      const [below, tie, above] = toFloat16(Float32Array.of(middle - step, middle, middle + step));
      const even = bits % 2 === 0 ? bits : bits + 1;
      if (below !== bits || tie !== even || above !== bits + 1) expect.fail(`between ${low} and ${high}`);
      const negative = toFloat16(Float32Array.of(-middle))[0];
      if (negative !== (even | 0x8000)) expect.fail(`-${middle}`);
    }
    expect([...toFloat16(Float32Array.of(1e30, -1e30))]).to.deep.equal([0x7c00, 0xfc00]);
  });
});
