import { describeStage, expectLabels, toEdgeProposals } from '@l2c/core/testing';
import { kCore, kCoreStage } from '../src/k-core.js';

// The contract: what every deoverlapper promises. One call, and the kit tests it for each set of options.
describeStage(kCoreStage, [{}, { options: { minScore: 0.3, core: 3 } }]);

// What is special about this one, on a graph small enough for paper:
//
//   0---1     4---5
//    \ / \   / \ /
//     2   \ /   6
//          3              3 hangs between two triangles, a little closer to 4
describe('kCore', () => {
  const edges = toEdgeProposals(7, [
    [0, 1, 0.9],
    [0, 2, 0.9],
    [1, 2, 0.9],
    [1, 3, 0.6],
    [3, 4, 0.7],
    [4, 5, 0.9],
    [4, 6, 0.9],
    [5, 6, 0.9],
  ]);
  const cluster = (minScore, core) => kCore(edges, edges.similarities, { minScore, core });

  it('is connected components where one link is enough', () => {
    expectLabels(cluster(0.5, 1), [0, 0, 0, 0, 0, 0, 0]);
  });
  it('does not peel a bridge that has two links of its own', () => {
    expectLabels(cluster(0.5, 2), [0, 0, 0, 0, 0, 0, 0]);
  });
  it('peels the bridge once one of its links is too weak, and lets it follow the other', () => {
    expectLabels(cluster(0.65, 2), [0, 0, 0, 1, 1, 1, 1]);
  });
  it('uses links that score exactly minScore', () => {
    expectLabels(cluster(Math.fround(0.7), 2), [0, 0, 0, 1, 1, 1, 1]);
    expectLabels(cluster(0.71, 2), [0, 0, 0, 1, 2, 2, 2]);
  });
  it('joins peeled instances along their best links', () => {
    // Three links each is more than anybody has: all are peeled. 3 follows 4, and never 1.
    expectLabels(cluster(0.5, 3), [0, 0, 0, 1, 1, 1, 1]);
  });
  it('counts a link that both ends propose once', () => {
    // 1 and 2 hold on to each other by one weak link. Counted twice, it would keep both in a core of two.
    const both = toEdgeProposals(4, [
      [0, 1, 0.9],
      [1, 2, 0.6],
      [2, 1, 0.6],
      [2, 3, 0.9],
    ]);
    expectLabels(kCore(both, both.similarities, { minScore: 0.5, core: 2 }), [0, 0, 1, 1]);
  });
  it('gives ties to the lower instance', () => {
    const tie = toEdgeProposals(5, [
      [0, 1, 0.9],
      [2, 0, 0.5],
      [2, 3, 0.5],
      [3, 4, 0.9],
    ]);
    expectLabels(kCore(tie, tie.similarities, { minScore: 0.5, core: 3 }), [0, 0, 0, 1, 1]);
  });
});
