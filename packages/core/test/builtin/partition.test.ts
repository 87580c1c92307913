import { expect } from 'chai';
import { partition } from '../../src/builtin/partition.js';
import { L2cError } from '../../src/errors.js';
import { expectLabels } from '../../src/testing/expect-labels.js';
import { tinyFaces, toClusterProposals } from '../../src/testing/tiny-faces.js';

describe('partition', () => {
  it('takes disjoint sets as clusters and the rest as singletons', () => {
    const labels = partition(toClusterProposals(7, [[5, 1], [], [6, 2, 0]])); // prettier-ignore
    expect([...labels.values]).to.deep.equal([0, 1, 0, 2, 3, 1, 0]);
    expect(labels.clusters).to.equal(4);
  });

  it('refuses sets that share an instance, and names it', () => {
    expect(() => partition(toClusterProposals(7, [[0, 1], [2], [3, 1]]))) // prettier-ignore
      .to.throw(L2cError, 'partition: instance 1 is in proposals 0 and 2')
      .with.property('code', 'E_STAGE');
  });

  it('has no clusters for no instance, one for one', () => {
    expect(partition(toClusterProposals(0, [])).clusters).to.equal(0);
    expect(partition(toClusterProposals(1, [])).clusters).to.equal(1);
  });

  it('gives the identities back', () => {
    const { identities, truth } = tinyFaces();
    expectLabels(partition(identities), truth);
  });
});
