import { expect } from 'chai';
import { exactNeighbours } from '../../../src/compute/neighbours/exact-neighbours.js';
import { extendNeighbours } from '../../../src/compute/neighbours/extend-neighbours.js';
import { plainCompute } from '../../../src/compute/plain.js';
import { Features, selectRows } from '../../../src/data/features.js';
import { allocateKnnGraph, assertKnnGraph } from '../../../src/data/knn-graph.js';
import { expectExact, faces } from './search.js';

const plain = { compute: plainCompute };
const front = (features: Features, n: number): Features =>
  selectRows(
    features,
    Int32Array.from({ length: n }, (_, i) => i),
  );

describe('extendNeighbours', () => {
  for (const [known, n, k, dim] of [
    [2, 3, 1, 4],
    [20, 21, 19, 8],
    [30, 330, 12, 16],
    [2200, 2500, 5, 8],
  ] as const) {
    it(`makes of the graph of ${known} that of ${n}`, async () => {
      const features = faces(n, dim, 1 + (n >> 4));
      const graph = await extendNeighbours(features, await exactNeighbours(front(features, known), k, plain), plain);
      assertKnnGraph(graph);
      expectExact(graph, features);
    });
  }

  it('gives ties to the lower id', async () => {
    const same = Features.from(new Array(12).fill(1), 2);
    const graph = await extendNeighbours(same, await exactNeighbours(front(same, 4), 3, plain), plain);
    expect([...graph.ids]).to.deep.equal([1, 2, 3, 0, 2, 3, 0, 1, 3, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });

  it('fills rows that were not full, and leaves the given graph alone', async () => {
    const features = faces(40, 8, 3);
    const empty = allocateKnnGraph(10, 4);
    const graph = await extendNeighbours(features, empty, plain);
    assertKnnGraph(graph);
    expect(Math.min(...graph.ids.subarray(0, 40))).to.be.at.least(10);
    expect(Math.max(...empty.ids)).to.equal(-1);
  });

  it('says how far it is, and stops when told to', async () => {
    const features = faces(600, 8, 3);
    const known = await exactNeighbours(front(features, 300), 4, plain);
    const seen: number[] = [];
    await extendNeighbours(features, known, { ...plain, progress: { update: (done, all) => seen.push(done / all) } });
    expect(seen.at(-1)).to.equal(1);
    const signal = AbortSignal.abort(new Error('enough'));
    let error: unknown;
    await extendNeighbours(features, known, { ...plain, signal }).catch((caught: unknown) => (error = caught));
    expect((error as Error).message).to.equal('enough');
  });
});
