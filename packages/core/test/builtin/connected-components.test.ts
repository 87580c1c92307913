import { expect } from 'chai';
import { connectedComponents } from '../../src/builtin/connected-components.js';
import { tinyFaces, toEdgeProposals } from '../../src/testing/tiny-faces.js';

describe('connected-components', () => {
  const seven = toEdgeProposals(7, [
    [0, 1, 0.9],
    [2, 1, 0.5],
    [3, 4, 0.75],
    [5, 3, 0.5],
    [4, 2, 0.25],
  ]);
  const split = (threshold: number): number[] => [...connectedComponents(seven, seven.similarities, threshold).values];

  it('joins what links connect, whichever way they point', () => {
    expect(split(-1)).to.deep.equal([0, 0, 0, 0, 0, 0, 1]);
  });

  it('cuts links below threshold and keeps those equal to it', () => {
    expect(split(0.5)).to.deep.equal([0, 0, 0, 1, 1, 1, 2]);
    expect(split(0.51)).to.deep.equal([0, 0, 1, 2, 2, 3, 4]);
    expect(split(1)).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
  });

  it('follows the scores, not the similarities; NaN is no link', () => {
    const scores = Float32Array.of(0, 1, NaN, 0, 1);
    expect([...connectedComponents(seven, scores, 0.5).values]).to.deep.equal([0, 1, 1, 2, 3, 2, 4]);
  });

  it('has no clusters for no instance, one for one', () => {
    expect(connectedComponents(toEdgeProposals(0, []), new Float32Array(0), 0).clusters).to.equal(0);
    expect(connectedComponents(toEdgeProposals(1, []), new Float32Array(0), 0).clusters).to.equal(1);
  });

  it('only splits further as threshold rises', () => {
    const { edges } = tinyFaces();
    const counts = [-1, 0, 0.3, 0.5, 0.7, 0.9, 1.1].map(
      (threshold) => connectedComponents(edges, edges.similarities, threshold).clusters,
    );
    expect(counts).to.deep.equal([...counts].sort((a, b) => a - b));
    expect(counts[counts.length - 1]).to.equal(edges.n);
  });
});
