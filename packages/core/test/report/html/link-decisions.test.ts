import { expect } from 'chai';
import type { RoundState } from '../../../src/pipeline/run.js';
import { linkDecisions } from '../../../src/report/html/link-decisions.js';
import { unpackDecisions } from '../../../src/report/html/page/link-decisions.js';

describe('linkDecisions', () => {
  // 0 - 1 - 2, and 3 alone; 2 hangs on 1, which lists it not
  const forest = { parents: Int32Array.of(-1, 0, 1, -1), links: Int32Array.of(-1, 0, 2, -1), order: Int32Array.of(0, 1, 2, 3) }; // prettier-ignore
  const knn = { n: 4, k: 2, ids: Int32Array.of(2, 1, 0, -1, 0, 1, -1, -1), similarities: new Float32Array(8) };
  const edges = { kind: 'edges', n: 4, offsets: Int32Array.of(0, 1, 2, 3, 3), targets: Int32Array.of(1, 0, 1), similarities: new Float32Array(3) }; // prettier-ignore
  const state = (given: object): RoundState => ({ knn, proposals: edges, scores: { proposals: new Float32Array(3) }, ...given }) as unknown as RoundState; // prettier-ignore

  it('say who lists whom, at which place, and which way links were proposed', async () => {
    const { k, forth, back, ways, confidences } = await unpackDecisions(linkDecisions(forest, state({})));
    expect([k, Array.from(forth!), Array.from(back!), Array.from(ways!), confidences]).to.deep.equal([
      2,
      [0, 1, 2, 0], // 0 is the first of 1, 1 the second of 2
      [0, 2, 0, 0], // 1 is the second of 0
      [0, 3, 1, 0],
      undefined,
    ]);
  });

  it('know of confidences, and of pipelines without a graph or links', async () => {
    const vertices = Float32Array.of(0.1, 0.25, 0.5, 1);
    const sets = { kind: 'clusters', n: 4, offsets: Int32Array.of(0), members: new Int32Array(0) };
    const bare = await unpackDecisions(
      linkDecisions(forest, state({ knn: undefined, proposals: sets, scores: { vertices } })),
    );
    expect([bare.forth, bare.back, bare.ways]).to.deep.equal([undefined, undefined, undefined]);
    for (const [i, value] of vertices.entries()) expect(bare.confidences![i]).closeTo(value, 0.0006);
  });
});
