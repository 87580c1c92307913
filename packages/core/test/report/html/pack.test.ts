import { expect } from 'chai';
import { packIntegers, packReals, packText } from '../../../src/report/html/pack.js';
import { unpackIntegers, unpackReals, unpackText } from '../../../src/report/html/page/unpack.js';

describe('what is packed into the page', () => {
  for (const [name, values, type] of [
    ['small', [0, 3, 255], 'uint8'],
    ['larger', [0, 256, 65535], 'uint16'],
    ['negative', [-1, 5], 'int32'],
    ['large', [70000, 2 ** 31 - 1, 0], 'int32'],
    ['no', [], 'uint8'],
  ] as const) {
    it(`gives back ${name} integers`, async () => {
      const packed = packIntegers(Int32Array.from(values));
      expect(packed.type).to.equal(type);
      expect([...(await unpackIntegers(packed))]).to.deep.equal(values);
    });
  }

  it('gives back reals to half a step, whatever their range', async () => {
    for (const scale of [0.05, 1, 3000]) {
      const values = Float32Array.from({ length: 500 }, (_, i) => scale * Math.sin(i));
      const packed = packReals(values, 0.001);
      const half = Math.max(0.0005, scale / (2 ** 16 - 1)) * 1.01;
      (await unpackReals(packed)).forEach((value, i) => expect(value).closeTo(values[i], half));
    }
    expect(packReals(Float32Array.of(0.5, 0.6), 0.01).type).to.equal('uint8');
  });

  it('takes what is not finite for the lowest', async () => {
    expect([...(await unpackReals(packReals(Float32Array.of(NaN, 0.25, -Infinity), 0.25)))]).to.deep.equal([
      0.25, 0.25, 0.25,
    ]);
    expect([...(await unpackReals(packReals(Float32Array.of(NaN), 0.25)))]).to.deep.equal([0]);
  });

  it('gives back lines of any script, blank ones too', async () => {
    for (const lines of [['Zoë', '', '日本 <b>'], [''], []])
      expect(await unpackText(packText(lines))).to.deep.equal(lines);
  });
});
