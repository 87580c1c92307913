import type { KnnGraph } from '@l2c/core';
import { expect } from 'chai';
import { activeConnections, firstNeighbours } from '../src/active-connections.js';
import { largestSubGraph, PivotSubGraphs, type PivotBatch } from '../src/pivot-sub-graphs.js';
import { golden, goldenJson, goldenKnn, goldenTruth } from './golden.js';

/** A graph of lists of neighbours, of any length. */
function knnOf(lists: readonly (readonly number[])[], k: number): KnnGraph {
  const ids = Int32Array.from(lists.flatMap((list) => [...list, ...new Array<number>(k - list.length).fill(-1)]));
  return { n: lists.length, k, ids, similarities: Float32Array.from(ids, (id) => (id === -1 ? -Infinity : 0.5)) };
}

/** Weights by the instances of row and column, of one graph of a batch. */
function entriesOf({ graph: { adjacency, graphs }, members }: PivotBatch, g: number): Map<string, number> {
  const { offsets, indices, weights } = adjacency;
  const entries = new Map<string, number>();
  for (let r = graphs[g]; r < graphs[g + 1]; r++) {
    for (let e = offsets[r]; e < offsets[r + 1]; e++) entries.set(`${members[r]} ${members[indices[e]]}`, weights[e]);
  }
  return entries;
}

const ascending = (a: number, b: number): number => a - b;

describe('instance pivot sub-graphs', () => {
  for (const [name, table, kAtHop, active, wantedPivots] of [
    ['small', 'data/faiss_k_30.npz', [30, 5], 5, 8],
    ['deflt', 'data/faiss_k_80.npz', [80, 10], 10, 3],
    ['active3', 'data/faiss_k_30.npz', [30, 5], 3, 3],
  ] as const) {
    it(`golden ${name}`, async () => {
      const knn = await goldenKnn(table);
      const truth = await goldenTruth();
      const pivots = (await goldenJson<number[]>('lgcn/pivots.json')).slice(0, wantedPivots);
      const wanted = await golden(`lgcn/dataset_${name}.npz`);
      const numbers = (array: string) => Array.from(wanted(array).data as BigInt64Array, Number);
      const subGraphs = new PivotSubGraphs(knn, { kAtHop: [...kAtHop], activeConnections: active });
      const hop = firstNeighbours(knn, kAtHop[0]);
      for (const p of pivots) subGraphs.add(p, hop.targets, hop.offsets[p], hop.offsets[p + 1]);
      const batch = subGraphs.take();
      const { graphs, selected } = batch.graph;
      pivots.forEach((pivot, p) => {
        const nodes = numbers(`p${p}_nodes`);
        const members = batch.members.slice(graphs[p], graphs[p + 1]);
        expect([...members].sort(ascending)).to.deep.equal([...nodes].sort(ascending));
        expect(new Set(batch.pivots.subarray(graphs[p], graphs[p + 1]))).to.deep.equal(new Set([pivot]));
        const asked = [...selected].filter((row) => row >= graphs[p] && row < graphs[p + 1]);
        const oneHop = numbers(`p${p}_onehop`).map((at) => nodes[at]);
        expect(asked.map((row) => batch.members[row]).sort(ascending)).to.deep.equal([...oneHop].sort(ascending));
        numbers(`p${p}_edge_labels`).forEach((label, h) =>
          expect(truth[oneHop[h]] === truth[pivot] ? 1 : 0).to.equal(label),
        );
        const places = numbers(`p${p}_A_rc`);
        const values = wanted(`p${p}_A_v`).data as Float32Array;
        const entries = entriesOf(batch, p);
        expect(entries.size).to.equal(values.length);
        values.forEach((value, e) => {
          const found = entries.get(`${nodes[places[e]]} ${nodes[places[values.length + e]]}`);
          expect(Math.abs(found! - value)).below(1e-7);
        });
      });
    });
  }

  it('by hand: hops, joins in either direction, and a node that is joined to none', () => {
    const knn = knnOf([[1, 2, 3], [0, 2], [4, 0, 1], [5, 4], [2, 5], [4, 3], []], 3);
    expect(activeConnections(knn, 1).targets).to.deep.equal(Int32Array.of(1, 0, 4, 5, 2, 5, 4, 3));
    const subGraphs = new PivotSubGraphs(knn, { kAtHop: [3, 1], activeConnections: 1 });
    subGraphs.add(0, Int32Array.of(3, 1), 0, 2);
    subGraphs.add(6, Int32Array.of(), 0, 0);
    const batch = subGraphs.take();
    expect([...batch.members]).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
    expect([...batch.graph.graphs]).to.deep.equal([0, 6, 7]);
    expect([...batch.graph.selected]).to.deep.equal([3, 1]);
    expect([...entriesOf(batch, 0)].sort()).to.deep.equal([
      ['0 1', 1],
      ['1 0', 1],
      ['2 4', 1],
      ['3 5', 1],
      ['4 2', 0.5],
      ['4 5', 0.5],
      ['5 3', 0.5],
      ['5 4', 0.5],
    ]);
    expect([...entriesOf(batch, 1)], 'keeps its own features').to.deep.equal([['6 6', 1]]);
    const alone = new PivotSubGraphs(knn, { kAtHop: [1, 1], activeConnections: 1 });
    alone.add(3, Int32Array.of(5), 0, 1);
    expect([...alone.take().members]).to.deep.equal([3, 5, 4]);
  });

  it('refuses to be asked about an instance that is no node', () => {
    const subGraphs = new PivotSubGraphs(knnOf([[1], [0], [0]], 1), { kAtHop: [1, 1], activeConnections: 1 });
    expect(() => subGraphs.add(0, Int32Array.of(2), 0, 1)).to.throw(RangeError, '2 is not in the sub-graph of 0');
  });

  it('are filled up by the reference to as many rows as can be', () => {
    expect(largestSubGraph([30, 5])).to.equal(181);
    expect(largestSubGraph([80, 10])).to.equal(881);
  });
});
