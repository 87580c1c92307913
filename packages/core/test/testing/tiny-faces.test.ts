import { expect } from 'chai';
import { assertKnnGraph } from '../../src/data/knn-graph.js';
import { assertProposals } from '../../src/data/proposals.js';
import { Features } from '../../src/data/features.js';
import { bruteForceKnn, tinyFaces, toClusterProposals, toEdgeProposals } from '../../src/testing/index.js';
import { differences, snapshot } from '../../src/testing/snapshot.js';

describe('tinyFaces', () => {
  const faces = tinyFaces();

  it('holds unit rows of interleaved identities', () => {
    expect(faces.n).to.equal(20);
    for (let i = 0; i < faces.n; i++) expect(faces.features.dot(i, i)).to.be.closeTo(1, 1e-6);
    const sizes = [0, 1, 2, 3, 4, 5].map((identity) => faces.truth.filter((label) => label === identity).length);
    expect(sizes).to.deep.equal([6, 5, 4, 3, 1, 1]);
    expect(faces.truth).not.to.deep.equal(faces.truth.slice().sort());
  });
  it('keeps the invariants of its nouns', () => {
    assertKnnGraph(faces.knn);
    for (const proposals of [faces.edges, faces.clusters, faces.identities]) assertProposals(proposals);
  });
  it('is separable, but not trivially', () => {
    const right = faces.knn.ids.filter((j, e) => faces.truth[Math.floor(e / faces.knn.k)] === faces.truth[j]).length;
    expect(right).to.be.above(0).and.below(faces.knn.ids.length);
    const inside: number[] = [];
    const across: number[] = [];
    for (let i = 0; i < faces.n; i++) {
      for (let j = 0; j < i; j++) (faces.truth[i] === faces.truth[j] ? inside : across).push(faces.features.dot(i, j));
    }
    expect(Math.min(...inside)).to.be.above(Math.max(...across));
  });
  it('is the same every time, and another with another seed', () => {
    expect(differences(snapshot(faces), snapshot(tinyFaces()))).to.deep.equal([]);
    expect(differences(snapshot(faces), snapshot(tinyFaces({ seed: 2 })))).to.include('features.stored.0');
  });
  it('does with no identity, and with a single instance', () => {
    expect(tinyFaces({ sizes: [] }).n).to.equal(0);
    expect(tinyFaces({ sizes: [1] }).knn.ids.every((id) => id === -1)).to.equal(true);
  });
});

describe('bruteForceKnn', () => {
  it('finds the neighbours of four points on a circle by hand, ties to the lower id', () => {
    const at = (degrees: number): number[] => [
      Math.cos((degrees * Math.PI) / 180),
      Math.sin((degrees * Math.PI) / 180),
    ];
    const knn = bruteForceKnn(Features.from([0, 90, 180, 30].flatMap(at), 2), 3);
    expect([...knn.ids]).to.deep.equal([3, 1, 2, 3, 0, 2, 1, 3, 0, 0, 1, 2]);
    expect(knn.similarities[0]).to.be.closeTo(Math.cos(Math.PI / 6), 1e-6);
  });
  it('ends rows in -1 where there are not enough', () => {
    const knn = bruteForceKnn(Features.from([1, 0, 0, 1], 2), 2);
    expect([...knn.ids]).to.deep.equal([1, -1, 0, -1]);
    expect(knn.similarities[1]).to.equal(-Infinity);
  });
});

describe('proposals by hand', () => {
  it('sorts links by source, then best first', () => {
    const edges = toEdgeProposals(3, [
      [2, 0, 0.5],
      [0, 1, 0.5],
      [0, 2, 0.75],
    ]);
    expect([...edges.offsets]).to.deep.equal([0, 2, 2, 3]);
    expect([...edges.targets]).to.deep.equal([2, 1, 0]);
    expect([...edges.similarities]).to.deep.equal([0.75, 0.5, 0.5]);
  });
  it('keeps sets in the order given', () => {
    const clusters = toClusterProposals(4, [[3, 1], [], [0]]);
    expect([...clusters.offsets]).to.deep.equal([0, 2, 2, 3]);
    expect([...clusters.members]).to.deep.equal([3, 1, 0]);
  });
});
