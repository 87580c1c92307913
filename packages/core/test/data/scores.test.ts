import { expect } from 'chai';
import { assertScores } from '../../src/data/scores.js';
import { toClusterProposals, toEdgeProposals } from '../../src/testing/tiny-faces.js';

describe('scores', () => {
  // prettier-ignore
  const links = toEdgeProposals(3, [[0, 1, 0.9], [1, 2, 0.3]]);
  const proposals = Float32Array.of(1, 0.5);
  const vertices = Float32Array.of(1, 2, 3);

  it('may be infinite, which ranks, but not NaN, which does not', () => {
    assertScores({ proposals: Float32Array.of(-Infinity, Infinity), vertices }, links);
    expect(() => assertScores({ proposals: Float32Array.of(1, NaN) }, links)).to.throw('score 1 of proposals is NaN');
    const broken = { proposals, vertices: Float32Array.of(NaN, 1, 2) };
    expect(() => assertScores(broken, links)).to.throw(RangeError, 'score 0 of vertices is NaN');
  });

  it('are as many as there are proposals and instances', () => {
    assertScores({ proposals, vertices }, links);
    expect(() => assertScores({ proposals: vertices }, links)).to.throw('3 scores for 2 proposals');
    expect(() => assertScores({ proposals, vertices: proposals }, links)).to.throw('2 confidences for 3 instances');
    expect(() => assertScores({ proposals, members: proposals }, links)).to.throw('belong to clusters');
    const sets = toClusterProposals(3, [[0, 1], [2]]);
    assertScores({ proposals, members: vertices }, sets);
    const longer = { proposals, members: Float32Array.of(1, 1, 1, 1) };
    expect(() => assertScores(longer, sets)).to.throw(RangeError, '4 member scores for 3 members');
  });
});
