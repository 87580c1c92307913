import { expect } from 'chai';
import { descendingOrder } from '../../src/graph/descending-order.js';
import { createRandom } from '../../src/stages/random.js';

describe('descending order', () => {
  it('sorts from the highest down, equal values in their order', () => {
    expect([...descendingOrder(Float32Array.of(0.5, -1, 0.5, 2, -Infinity, Infinity, -1))]).to.deep.equal([
      5, 3, 0, 2, 1, 6, 4,
    ]);
  });

  it('takes -0 and 0 as one value, and NaN as the lowest', () => {
    expect([...descendingOrder(Float32Array.of(NaN, -0, 0, -0, -Infinity))]).to.deep.equal([1, 2, 3, 4, 0]);
  });

  it('sorts nothing, and one', () => {
    expect([...descendingOrder(new Float32Array(0))]).to.deep.equal([]);
    expect([...descendingOrder(Float32Array.of(3))]).to.deep.equal([0]);
  });

  it('equals a stable comparison sort on random numbers of every magnitude, with ties', () => {
    const random = createRandom(3);
    const values = Float32Array.from(
      { length: 5000 },
      () => Math.round(random.normal() * 50) * 10 ** (random.integer(20) - 10),
    );
    const wanted = [...values.keys()].sort((a, b) => values[b] - values[a]);
    expect([...descendingOrder(values)]).to.deep.equal(wanted);
  });
});
