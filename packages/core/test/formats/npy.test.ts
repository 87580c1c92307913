import { expect } from 'chai';
import { formatNpyHeader } from '../../src/formats/npy-header.js';
import { formatNpy, parseNpy, toFloat32, toInt32, toStrings, type NpyArray } from '../../src/formats/npy.js';
import { refused } from './temporary.js';

/** An .npy file with a header of our choosing. */
function npy(header: string, body: ArrayBufferView, version = 1): Uint8Array {
  const text = Buffer.from(`${header}\n`, version === 3 ? 'utf8' : 'latin1');
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, 0, 0, 0, 0]);
  if (version === 1) start.writeUInt16LE(text.length, 8);
  else start.writeUInt32LE(text.length, 8);
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return Buffer.concat([start.subarray(0, version === 1 ? 10 : 12), text, bytes]);
}

const describeArray = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

describe('npy', () => {
  const arrays: NpyArray[] = [
    { shape: [2, 3], data: Float32Array.of(1, -2.5, NaN, Infinity, 0, 1e-40) },
    { shape: [3], data: Float64Array.of(Math.PI, -0, 1e300) },
    { shape: [2], data: Int8Array.of(-128, 127) },
    { shape: [2], data: Uint8Array.of(0, 255) },
    { shape: [2], data: Int16Array.of(-32768, 32767) },
    { shape: [2], data: Uint16Array.of(0, 65535) },
    { shape: [1, 2, 1], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) },
    { shape: [], data: Uint32Array.of(2 ** 32 - 1) },
    { shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
    { shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
    { shape: [0, 256], data: new Float32Array(0) },
  ];
  for (const array of arrays) {
    it(`writes and reads ${array.data.constructor.name} of shape [${array.shape.join(', ')}]`, () => {
      const bytes = formatNpy(array);
      const back = parseNpy(bytes, 'a.npy');
      expect(back.shape).to.deep.equal(array.shape);
      expect(back.data).to.deep.equal(array.data);
      expect((bytes.length - array.data.byteLength) % 64).to.equal(0);
    });
  }

  it('reads at any alignment of the bytes', () => {
    const bytes = formatNpy({ shape: [2], data: Float64Array.of(1.5, 2.5) });
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(parseNpy(shifted.subarray(3), 'a.npy').data).to.deep.equal(Float64Array.of(1.5, 2.5));
  });

  it('transposes Fortran order, in two and three dimensions', () => {
    const two = npy(describeArray('<i4', '(2, 3)', 'True'), Int32Array.of(1, 4, 2, 5, 3, 6));
    expect([...parseNpy(two, 'a').data]).to.deep.equal([1, 2, 3, 4, 5, 6]);
    // element [i, j, k] of a 2 x 3 x 2 array, first index fastest, is i + 2 j + 6 k
    const three = npy(
      describeArray('<i4', '(2, 3, 2)', 'True'),
      Int32Array.from({ length: 12 }, (_, i) => i),
    );
    expect([...parseNpy(three, 'a').data]).to.deep.equal([0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]);
  });

  it('reads big-endian numbers without touching the bytes it was given', () => {
    const body = Buffer.alloc(8);
    body.writeFloatBE(1.25, 0);
    body.writeFloatBE(-3, 4);
    const bytes = npy(describeArray('>f4', '(2,)'), body);
    const before = Buffer.from(bytes);
    expect([...parseNpy(bytes, 'a').data]).to.deep.equal([1.25, -3]);
    expect(Buffer.compare(before, bytes)).to.equal(0);
  });

  it('reads float16: normal, subnormal, infinite, NaN, negative', () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x03ff, 0x7bff, 0x7c00, 0xfc00, 0x7e00);
    const { data } = parseNpy(npy(describeArray('<f2', '(8,)'), bits), 'a');
    expect(data).to.be.instanceOf(Float32Array);
    expect([...data]).to.deep.equal([1, -2, 2 ** -24, 1023 * 2 ** -24, 65504, Infinity, -Infinity, NaN]);
  });

  it('reads bool as 0 and 1', () => {
    expect(parseNpy(npy(describeArray('|b1', '(3,)'), Uint8Array.of(1, 0, 1)), 'a').data).to.deep.equal(
      Uint8Array.of(1, 0, 1),
    );
  });

  it('reads text, and headers of versions 2 and 3', () => {
    const points = Uint32Array.from([...'añ😀', ...'b'].map((character) => character.codePointAt(0)!).concat([0, 0]));
    for (const version of [1, 2, 3]) {
      const array = parseNpy(npy(describeArray('<U3', '(2,)'), points, version), 'a');
      expect(toStrings(array, 'a')).to.deep.equal(['añ😀', 'b']);
      expect(toStrings(parseNpy(formatNpy(array), 'a'), 'a')).to.deep.equal(['añ😀', 'b']);
    }
    const ascii = parseNpy(npy(describeArray('|S2', '(2,)'), Buffer.from('ab\0\0')), 'a');
    expect(toStrings(ascii, 'a')).to.deep.equal(['ab', '']);
  });

  it('keeps the pickle of an object array as bytes', async () => {
    const array = parseNpy(npy(describeArray('|O', '(2,)'), Buffer.from('\x80\x03N.', 'latin1')), 'a');
    expect(array.content).to.equal('pickle');
    expect([...array.data]).to.deep.equal([0x80, 3, 0x4e, 0x2e]);
    await refused(() => toFloat32(array, 'a.npy'), 'E_FILE', /^a\.npy: holds pickled Python objects/);
    await refused(() => toInt32(array, 'a.npy'), 'E_FILE', /pickled/);
  });

  it('converts to float32 and int32', async () => {
    const int32 = Int32Array.of(1);
    expect(toInt32({ shape: [1], data: int32 }, 'a')).to.equal(int32);
    expect([...toInt32({ shape: [2], data: BigInt64Array.of(-1n, 7n) }, 'a')]).to.deep.equal([-1, 7]);
    expect([...toInt32({ shape: [2], data: Float64Array.of(-0, 7) }, 'a')].map(Math.abs)).to.deep.equal([0, 7]);
    expect(toFloat32({ shape: [2], data: BigInt64Array.of(-1n, 7n) })).to.deep.equal(Float32Array.of(-1, 7));
    await refused(
      () => toInt32({ shape: [2], data: BigInt64Array.of(0n, 2n ** 31n) }, 'a.npy'),
      'E_DATA',
      /a\.npy element 1: 2147483648 is beyond/,
    );
    await refused(() => toInt32({ shape: [1], data: Uint32Array.of(2 ** 31) }, 'a'), 'E_DATA', /beyond 32-bit/);
    await refused(() => toInt32({ shape: [1], data: Float32Array.of(0.5) }, 'a'), 'E_DATA', /0\.5 is no integer/);
    await refused(() => toInt32({ shape: [1], data: Float32Array.of(NaN) }, 'a'), 'E_DATA', /NaN is no integer/);
  });

  it('refuses what is no array, cut short or too long', async () => {
    const whole = formatNpy({ shape: [4], data: Float32Array.of(1, 2, 3, 4) });
    const parse = (bytes: Uint8Array) => () => parseNpy(bytes, 'a.npy');
    for (const length of [0, 5, 9, 20, 127]) await refused(parse(whole.subarray(0, length)), 'E_FILE', /^a\.npy/);
    await refused(parse(whole.subarray(0, 140)), 'E_FILE', /cut short: 4 of f4 take 16 bytes, there are 12/);
    await refused(parse(Buffer.concat([whole, Buffer.from('x')])), 'E_FILE', /goes on after its array/);
    await refused(
      parse(Buffer.from('PK\x03\x04 not an array')),
      'E_FILE',
      /no.*\.npy array; write it with numpy\.save/,
    );
    await refused(parse(npy(describeArray('<c8', '(1,)'), new Uint8Array(8))), 'E_FILE', /elements of type "c8"/);
    await refused(
      parse(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", new Uint8Array(4))),
      'E_FILE',
      /no plain numbers/,
    );
    await refused(parse(npy("{'descr': '<f4'}", new Uint8Array(4))), 'E_FILE', /no description of an array/);
    await refused(
      parse(npy(describeArray('<f4', '(9999999999, 9999999999)'), new Uint8Array(4))),
      'E_FILE',
      /announces an array/,
    );
    await refused(parse(npy(describeArray('<f4', '(-1,)'), new Uint8Array(4))), 'E_FILE', /no description/);
    const version9 = Uint8Array.from(whole);
    version9[6] = 9;
    await refused(parse(version9), 'E_FILE', /version 9/);
  });

  it('writes numpy headers of version 1.0', () => {
    const bytes = formatNpyHeader('<f4', [5]);
    expect([...bytes.subarray(0, 10)]).to.deep.equal([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
    const text = Buffer.from(bytes.subarray(10)).toString('latin1');
    expect(text).to.match(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(5,\), \} +\n$/);
  });

  it('throws on a shape that does not hold its elements', () => {
    expect(() => formatNpy({ shape: [2], data: new Float32Array(3) })).to.throw(RangeError);
  });
});
