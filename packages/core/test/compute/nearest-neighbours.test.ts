import { expect } from 'chai';
import { nearestNeighbours } from '../../src/compute/nearest-neighbours.js';
import { plainCompute } from '../../src/compute/plain.js';
import { createRandom } from '../../src/stages/random.js';
import { syntheticFaces } from '../../src/synth/synthetic-faces.js';
import { bruteForceKnn } from '../../src/testing/index.js';

describe('nearestNeighbours', () => {
  it('are exact where comparing all pairs is quick', async () => {
    const { features } = syntheticFaces({ n: 300, dim: 8, difficulty: 0, seed: 1 });
    const { ids } = await nearestNeighbours(features, 3, { compute: plainCompute, random: createRandom(1) });
    expect(ids).to.deep.equal(bruteForceKnn(features, 3).ids);
  });
});
