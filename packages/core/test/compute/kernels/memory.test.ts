import { expect } from 'chai';
import { addressableBytes, allocateMemory, Arena, kernelKind } from '../../../src/compute/kernels/memory.js';

describe('memory of kernels', () => {
  for (const kind of kernelKind === 'wasm' ? (['wasm', 'plain'] as const) : (['plain'] as const)) {
    it(`is zero, large enough and shared as wished, ${kind}`, () => {
      for (const bytes of [1, 65536, 65537, 3e6]) {
        const memory = allocateMemory(kind, bytes, true);
        expect(memory.buffer).to.be.instanceOf(SharedArrayBuffer);
        expect(memory.buffer.byteLength)
          .to.be.least(bytes)
          .and.below(bytes + 65536);
        expect(new Uint8Array(memory.buffer).every((byte) => byte === 0)).to.equal(true);
        expect(allocateMemory(kind, bytes, false).buffer).to.be.instanceOf(ArrayBuffer);
      }
    });

    it(`is refused beyond what can be addressed, ${kind}`, () => {
      expect(() => allocateMemory(kind, addressableBytes + 1, true)).to.throw(RangeError, 'address');
    });
  }

  it('is handed out without overlap, aligned to cache lines, never at 0', () => {
    const arena = new Arena();
    let end = 1;
    for (const bytes of [1, 0, 64, 65, 4096, 3]) {
      const offset = arena.take(bytes);
      expect(offset % 64).to.equal(0);
      expect(offset).to.be.least(end);
      end = offset + bytes;
    }
    expect(arena.bytes).to.be.least(end);
  });
});
