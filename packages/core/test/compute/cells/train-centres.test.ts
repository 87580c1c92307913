import { expect } from 'chai';
import { trainCentres } from '../../../src/compute/cells/train-centres.js';
import { sharedInt32 } from '../../../src/data/shared-arrays.js';
import { Features } from '../../../src/data/features.js';
import { createRandom } from '../../../src/stages/random.js';
import { faces } from '../neighbours/search.js';

function nearestOf(features: Features) {
  return async (instances: Int32Array, centres: Float32Array): Promise<Int32Array> => {
    const { dim } = features;
    return sharedInt32(instances.length).map((_, r) => {
      let [best, most] = [0, -Infinity];
      for (let c = 0; c < centres.length / dim; c++) {
        const product = features.row(instances[r]).reduce((sum, x, i) => sum + x * centres[c * dim + i], 0);
        if (product > most) [best, most] = [c, product];
      }
      return best;
    });
  };
}

/** Mean product of instances with their nearest centre. */
async function fit(features: Features, centres: Float32Array): Promise<number> {
  const { n, dim } = features;
  const own = await nearestOf(features)(
    sharedInt32(n).map((_, i) => i),
    centres,
  );
  let sum = 0;
  own.forEach((cell, i) => features.row(i).forEach((x, c) => (sum += x * centres[cell * dim + c])));
  return sum / n;
}

describe('trainCentres', () => {
  const train = (features: Features, cells: number, seed = 1) =>
    trainCentres(features, cells, createRandom(seed), nearestOf(features));

  it('gives unit centres that fit better than rows do, by seed alone', async () => {
    const features = faces(600, 8, 10);
    const centres = await train(features, 12);
    for (let c = 0; c < 12; c++) {
      const norm = centres.subarray(c * 8, (c + 1) * 8).reduce((sum, x) => sum + x * x, 0);
      expect(norm).to.be.closeTo(1, 1e-6);
    }
    const rows = new Float32Array(12 * 8);
    for (let c = 0; c < 12; c++) rows.set(features.row(c), c * 8);
    expect(await fit(features, centres)).to.be.above((await fit(features, rows)) + 0.02);
    expect([...(await train(features, 12))]).to.deep.equal([...centres]);
    expect([...(await train(features, 12, 2))]).to.not.deep.equal([...centres]);
  });

  it('takes the mean direction where there is one cell', async () => {
    const features = Features.from([3, 0, 0, 4], 2);
    const centre = await train(features, 1);
    expect(centre[0]).to.be.closeTo(0.6, 1e-6);
    expect(centre[1]).to.be.closeTo(0.8, 1e-6);
  });

  it('takes the rows where there are as many cells, and survives rows that are zero or cancel out', async () => {
    const rows = await train(Features.from([0, 2, 5, 0], 2), 2);
    expect([...rows].sort()).to.deep.equal([0, 0, 1, 1]);
    expect([...(await train(Features.from([0, 0, 0, 0, 0, 0], 2), 2))]).to.deep.equal([0, 0, 0, 0]);
    const opposite = await train(Features.from([1, 0, -1, 0, 1, 0, -1, 0], 2), 1);
    expect(Math.abs(opposite[0])).to.equal(1);
  });

  it('refuses more cells than rows', async () => {
    let caught: unknown;
    await train(faces(5, 4, 1), 6).catch((error: unknown) => (caught = error));
    expect(caught).to.be.instanceOf(RangeError);
  });
});
