import { expect } from 'chai';
import { knnEdges, knnEdgesStage, type KnnEdgesOptions } from '../../src/builtin/knn-edges.js';
import { Features } from '../../src/data/features.js';
import { allocateKnnGraph, type KnnGraph } from '../../src/data/knn-graph.js';
import { assertProposals, type EdgeProposals } from '../../src/data/proposals.js';
import { L2cError } from '../../src/errors.js';
import { undirectedPairs } from '../../src/graph/undirected-pairs.js';
import { createRandom } from '../../src/stages/random.js';
import { testServices } from '../../src/testing/test-services.js';
import { goldenKnn, golden } from '../golden.js';
import { toKnnGraph } from '../golden-knn-graph.js';

function knnOf(rows: readonly (readonly (readonly [number, number])[])[], k: number): KnnGraph {
  const graph = allocateKnnGraph(rows.length, k);
  rows.forEach((row, i) =>
    row.forEach(([id, similarity], c) => {
      graph.ids[i * k + c] = id;
      graph.similarities[i * k + c] = similarity;
    }),
  );
  return graph;
}

function links({ n, offsets, targets, similarities }: EdgeProposals): string[] {
  const list: string[] = [];
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) list.push(`${i}-${targets[e]} ${similarities[e]}`);
  }
  return list;
}

describe('knn-edges', () => {
  const all: KnnEdgesOptions = { k: 0, minSimilarity: -1, mutual: false };
  const full = knnOf(
    [
      [[1, 0.75], [2, 0.5]],
      [[0, 0.75], [2, -1]],
      [[0, 0.5], [1, -1]],
    ],
    2,
  ); // prettier-ignore
  const ragged = knnOf([[[1, 0.75], [2, 0.5]], [[0, 0.75]], []], 2); // prettier-ignore

  it('is a view of a whole graph, not a copy', () => {
    const edges = knnEdges(full, all);
    expect(edges.targets).to.equal(full.ids);
    expect(edges.similarities).to.equal(full.similarities);
    expect([...edges.offsets]).to.deep.equal([0, 2, 4, 6]);
  });

  it('stays a view where the threshold leaves nothing out', () => {
    const graph = knnOf([[[1, 0.75]], [[0, 0.75]]], 1);
    expect(knnEdges(graph, { ...all, minSimilarity: 0.75 }).targets).to.equal(graph.ids);
  });

  it('skips empty places', () => {
    expect(links(knnEdges(ragged, all))).to.deep.equal(['0-1 0.75', '0-2 0.5', '1-0 0.75']);
  });

  it('keeps a similarity equal to minSimilarity and drops one below', () => {
    expect(links(knnEdges(full, { ...all, minSimilarity: 0.5 }))).to.deep.equal([
      '0-1 0.75',
      '0-2 0.5',
      '1-0 0.75',
      '2-0 0.5',
    ]);
    expect(links(knnEdges(full, { ...all, minSimilarity: 0.51 }))).to.deep.equal(['0-1 0.75', '1-0 0.75']);
  });

  it('keeps a cosine that rounding put below -1', () => {
    expect(links(knnEdges(knnOf([[[1, -1.0000001]], [[0, -1.0000001]]], 1), all))).to.have.length(2);
  });

  it('proposes the first k neighbours only', () => {
    expect(links(knnEdges(full, { ...all, k: 1 }))).to.deep.equal(['0-1 0.75', '1-0 0.75', '2-0 0.5']);
  });

  it('mutual: both must list the other, among what k and minSimilarity leave', () => {
    expect(links(knnEdges(ragged, { ...all, mutual: true }))).to.deep.equal(['0-1 0.75', '1-0 0.75']);
    expect(links(knnEdges(full, { ...all, mutual: true, k: 1 }))).to.deep.equal(['0-1 0.75', '1-0 0.75']);
    expect(links(knnEdges(full, { ...all, mutual: true }))).to.have.length(6);
  });

  it('mutual links are symmetric, and are exactly those whose reverse is listed', () => {
    const random = createRandom(5);
    const n = 60;
    const graph = knnOf(
      Array.from({ length: n }, (_, i) => {
        const ids = random.shuffle(Int32Array.from({ length: n - 1 }, (_, j) => (j < i ? j : j + 1)));
        return [...ids.subarray(0, 8)].map((id, c) => [id, 1 - c / 10] as const);
      }),
      8,
    );
    const pairs = (edges: EdgeProposals): string[] => links(edges).map((link) => link.split(' ')[0]);
    const listed = new Set(pairs(knnEdges(graph, all)));
    const mutual = knnEdges(graph, { ...all, mutual: true });
    assertProposals(mutual);
    expect(pairs(mutual)).to.deep.equal([...listed].filter((link) => listed.has(link.split('-').reverse().join('-'))));
    expect(mutual.targets.length).to.be.greaterThan(0).and.lessThan(listed.size);
  });

  it('proposes nothing for no instance and for one', () => {
    for (const n of [0, 1]) {
      const edges = knnEdges(allocateKnnGraph(n, 0), { ...all, mutual: true });
      expect([...edges.offsets]).to.deep.equal(new Array(n + 1).fill(0));
    }
  });

  it('refuses to propose more neighbours than the graph has', () => {
    const stage = knnEdgesStage.create({ ...all, k: 3 }, testServices());
    expect(() => stage.propose(Features.allocate(3, 1), full))
      .to.throw(L2cError, 'knn-edges.k: 3 neighbours asked for, the knn graph holds 2')
      .with.property('code', 'E_STAGE');
  });

  it('golden: float32 similarities give the pairs of filter_knns', async () => {
    const edges = knnEdges(toKnnGraph(await goldenKnn('kb')), { ...all, minSimilarity: 0.6 });
    const wanted = (await golden('proposals/filter_kb_0.6.npz')).get('pairs');
    const pairs = undirectedPairs(edges, edges.similarities, 'first');
    expect(pairs.targets).to.deep.equal(Int32Array.from(wanted.data).filter((_, at) => at % 2 === 1));
    expect(pairs.offsets[2000]).to.equal(wanted.shape[0]);
  });
});
