import { expect } from 'chai';
import { findCopies, linksOfNodes, nodesAmong } from '../../src/graph/copies.js';
import { toEdgeProposals } from '../../src/testing/tiny-faces.js';

/** 0 and 3 are one picture, and so are 1, 2 and 5. */
const links = toEdgeProposals(6, [
  [0, 3, 1],
  [0, 1, 0.5],
  [1, 5, 1],
  [2, 5, 1 - 5e-7],
  [2, 0, 0.6],
  [3, 4, 0.4],
  [3, 5, 0.7],
  [4, 2, 0.3],
]);

describe('copies', () => {
  it('are one node, by first appearance', () => {
    const { nodeOf, firsts, count } = findCopies(links, links.similarities)!;
    expect([...nodeOf]).to.deep.equal([0, 1, 1, 0, 2, 1]);
    expect([...firsts]).to.deep.equal([0, 1, 4]);
    expect(count).to.equal(3);
    expect([0, 1, 2, 4, 5, 6].map((n) => nodesAmong({ nodeOf, firsts, count }, n))).to.deep.equal([0, 1, 2, 2, 3, 3]);
  });

  it('are none where faces are merely alike, or nobody is linked to', () => {
    const alike = toEdgeProposals(3, [
      [0, 1, 0.9999],
      [1, 2, 0.99999],
    ]);
    expect(findCopies(alike, alike.similarities)).to.equal(undefined);
    const nobody = { n: 1, offsets: Int32Array.of(0, 1), targets: Int32Array.of(-1) };
    expect(findCopies(nobody, Float32Array.of(1))).to.equal(undefined);
  });

  it('stay apart where they are of different groups, and take with them what has none', () => {
    const three = toEdgeProposals(4, [
      [2, 0, 1],
      [2, 1, 1],
      [0, 1, 1],
      [3, 1, 1],
    ]);
    expect([...findCopies(three, three.similarities, Int32Array.of(7, 8))!.nodeOf]).to.deep.equal([0, 1, 0, 1]);
    expect([...findCopies(three, three.similarities, Int32Array.of(7, 7))!.nodeOf]).to.deep.equal([0, 0, 0, 0]);
    const two = toEdgeProposals(2, [[0, 1, 1]]);
    expect(findCopies(two, two.similarities, Int32Array.of(7, 8))).to.equal(undefined);
  });

  it('lend their links to the node: the best to each other node', () => {
    const nodes = linksOfNodes(links, links.similarities, findCopies(links, links.similarities)!);
    const listed = Array.from({ length: nodes.n }, (_, i) =>
      Array.from({ length: nodes.offsets[i + 1] - nodes.offsets[i] }, (_, at) => {
        const e = nodes.offsets[i] + at;
        return [nodes.targets[e], Number(nodes.scores[e].toFixed(2))];
      }),
    );
    expect(listed).to.deep.equal([
      [
        [1, 0.7],
        [2, 0.4],
      ],
      [[0, 0.6]],
      [[1, 0.3]],
    ]);
    const unscored = linksOfNodes(links, new Float32Array(8).fill(NaN, 0, 3), findCopies(links, links.similarities)!);
    expect([...unscored.scores].every((score) => score === 0)).to.equal(true);
  });
});
