import { expect } from 'chai';
import { membersOf } from '../../../src/cluster/cluster-splits.js';
import { clusterSizes, toLabels } from '../../../src/data/labels.js';
import { createRandom } from '../../../src/stages/random.js';
import { forestParents, forestPlaces } from '../../../src/report/html/forest-places.js';

describe('a forest told by places', () => {
  it('names parents inside clusters by place, others by instance', () => {
    const labels = toLabels([0, 1, 0, 1, 0, 2]);
    //                               0 <- 2 <- 4, 1 <- 3, and cluster 1 hangs on 2; 5 hangs on nothing
    const { places, bridges } = forestPlaces(Int32Array.of(-1, 2, 0, 1, 2, -1), labels.values, clusterSizes(labels));
    expect([...places]).to.deep.equal([0, 0, 1, 1, 2, 0]);
    expect([...bridges]).to.deep.equal([0, 3, 0]);
  });

  it('gives back the parents of any forest', () => {
    const random = createRandom(7);
    for (const n of [0, 1, 2, 50, 400]) {
      const labels = toLabels(Array.from({ length: n }, () => random.integer(1 + n / 5)));
      const sizes = clusterSizes(labels);
      const parents = Int32Array.from({ length: n }, (_, i) => random.integer(i + 1) - 1);
      const found = forestParents(forestPlaces(parents, labels.values, sizes), labels.values, membersOf(labels.values, sizes)); // prettier-ignore
      expect([...found]).to.deep.equal([...parents]);
    }
  });
});
