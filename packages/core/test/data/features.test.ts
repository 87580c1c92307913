import { expect } from 'chai';
import { Features, selectRows, storeAs } from '../../src/data/features.js';
import { createRandom } from '../../src/stages/random.js';

describe('features stored as float16', () => {
  const [n, dim] = [37, 6];
  const random = createRandom(3);
  const values = Float32Array.from({ length: n * dim }, () => random.normal());
  const features = Features.from(values, dim);
  const halves = storeAs(features, 'float16');

  it('take half the bytes, and differ by half a unit in the last place', () => {
    expect([features.bytes, halves.bytes, halves.storage]).to.deep.equal([4 * n * dim, 2 * n * dim, 'float16']);
    const wide = [...halves.blocks[0]];
    wide.forEach((value, i) => expect(Math.abs(value - values[i])).to.be.at.most(2 ** -11 * Math.abs(values[i])));
    expect(wide.some((value, i) => value !== values[i])).to.equal(true);
    expect(storeAs(halves, 'float16')).to.equal(halves);
  });

  it('give the same rows, copies and products in either form', () => {
    const wide = storeAs(halves, 'float32');
    const copy = new Float32Array(5 * dim);
    halves.copyRows(3, 8, copy);
    expect([...copy]).to.deep.equal([...wide.blocks[0].subarray(3 * dim, 8 * dim)]);
    expect([...halves.row(9)]).to.deep.equal([...wide.row(9)]);
    expect(halves.dot(4, 11)).to.equal(wide.dot(4, 11));
    expect(halves.dotWith(features.row(0), 2)).to.equal(wide.dotWith(features.row(0), 2));
    const some = selectRows(halves, [5, 0, 36]);
    expect([some.storage, ...some.row(2)]).to.deep.equal(['float16', ...wide.row(36)]);
    const shared = Features.of(halves.parts);
    expect([...shared.row(20)]).to.deep.equal([...wide.row(20)]);
  });

  for (const storage of ['float32', 'float16'] as const) {
    it(`fills and copies rows across blocks (${storage})`, () => {
      const blocked = Features.allocate(n, dim, 4 * dim * 4, storage);
      expect(blocked.stored.length).to.be.above(3);
      blocked.setRows(0, values.subarray(0, 2 * dim));
      blocked.setRows(2, values.subarray(2 * dim));
      const copy = new Float32Array((n - 1) * dim);
      blocked.copyRows(1, n, copy);
      const expected = storage === 'float32' ? values : halves.blocks[0];
      expect([...copy]).to.deep.equal([...expected.subarray(dim)]);
    });
  }
});
