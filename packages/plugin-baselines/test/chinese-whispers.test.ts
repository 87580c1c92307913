import { readFile } from 'node:fs/promises';
import { describeStage, expectLabels, testServices, tinyFaces, toEdgeProposals } from '@l2c/core/testing';
import { expect } from 'chai';
import {
  chineseWhispers,
  chineseWhispersStage,
  shuffledOrders,
  whisper,
  whisperAtOnce,
} from '../src/chinese-whispers.js';
import { whisperGraph } from '../src/whisper-graph.js';
import { goldenKnn, goldenLabels, linksOf } from './golden-faces.js';

/** Two triangles, and a weak link between them; 6 has none. */
const seven = toEdgeProposals(7, [
  [0, 1, 0.9],
  [0, 2, 0.8],
  [1, 2, 0.9],
  [2, 3, 0.3],
  [3, 4, 0.9],
  [3, 5, 0.8],
  [4, 5, 0.9],
]);
const run = { variant: 'sequential', iterations: 20, seed: 1 } as const;

describe('chinese-whispers', () => {
  describeStage(chineseWhispersStage, [
    {},
    { options: { threshold: 0.3, iterations: 3 } },
    { options: { threshold: 0.3, variant: 'matrix' } },
  ]);

  it('agrees within what is well linked, whatever the order', () => {
    for (let seed = 0; seed < 20; seed++) {
      const classes = chineseWhispers(seven, seven.similarities, 0, { ...run, seed });
      expectLabels(classes, [0, 0, 0, 1, 1, 1, 2]);
    }
  });

  it('cuts links below the threshold, and keeps one that scores just as much', () => {
    const at = (threshold: number) => chineseWhispers(seven, seven.similarities, threshold, run);
    expectLabels(at(Math.fround(0.9)), [0, 0, 0, 1, 1, 1, 2]);
    expectLabels(at(0.91), [0, 1, 2, 3, 4, 5, 6]);
  });

  it('takes the class met first where two weigh the same', () => {
    const edges = toEdgeProposals(3, [
      [1, 0, 0.5],
      [1, 2, 0.5],
    ]);
    const graph = whisperGraph(edges, edges.similarities, 0);
    expectLabels(
      whisper(graph, 1, () => [1, 0, 2]),
      [0, 0, 0],
    );
    expect([...whisper(graph, 1, () => [1])]).to.deep.equal([0, 0, 2]);
  });

  it('gives a link that both list the weight of the higher instance, and keeps the order of rows', () => {
    const edges = toEdgeProposals(4, [
      [0, 2, 0.5],
      [2, 3, 0.9],
      [2, 0, 0.7],
      [3, 1, 0.6],
      [3, 2, 0.4],
    ]);
    const { offsets, targets, weights } = whisperGraph(edges, edges.similarities, 0);
    const row = (i: number) =>
      [...targets.subarray(offsets[i], offsets[i + 1])].map((j, at) => [j, weights[offsets[i] + at]]);
    const f = Math.fround;
    expect(row(0)).to.deep.equal([[2, f(0.7)]]);
    expect(row(1)).to.deep.equal([[3, f(0.6)]]);
    expect(row(2)).to.deep.equal([[0, f(0.7)], [3, f(0.4)]]); // prettier-ignore
    expect(row(3)).to.deep.equal([[2, f(0.4)], [1, f(0.6)]]); // prettier-ignore
  });

  it('at once: follows strongest links as many steps as iterations', () => {
    const chain = toEdgeProposals(4, [
      [0, 1, 0.5],
      [1, 2, 0.6],
      [2, 3, 0.7],
    ]);
    const graph = whisperGraph(chain, chain.similarities, 0);
    const naive = (iterations: number): number[] =>
      [0, 1, 2, 3].map((i) => {
        for (let step = 0; step < iterations; step++) i = [1, 2, 3, 2][i];
        return i;
      });
    for (const iterations of [1, 2, 3, 5, 20, 21]) {
      expect([...whisperAtOnce(graph, iterations)], String(iterations)).to.deep.equal(naive(iterations));
    }
  });

  it('makes one cluster of points that are all alike, and none of no point', () => {
    const links: [number, number, number][] = [];
    for (let i = 0; i < 30; i++) for (let j = 0; j < 30; j++) if (i !== j) links.push([i, j, 1]);
    const edges = toEdgeProposals(30, links);
    expect(new Set(chineseWhispers(edges, edges.similarities, 0.5, run)).size).to.equal(1);
    expect(chineseWhispers(toEdgeProposals(0, []), [], 0.5, run).length).to.equal(0);
  });

  it('finds a threshold by itself, and records it', () => {
    const facts: Record<string, unknown> = {};
    const { edges, features, truth } = tinyFaces({ sizes: [6, 6, 6, 6, 6, 6], noise: 0.3 });
    const stage = chineseWhispersStage.create(
      { ...run, threshold: 'auto' },
      testServices({ record: (name, fact) => (facts[name] = fact) }),
    );
    const labels = stage.deoverlap(edges, { proposals: edges.similarities }, { features }) as { values: Int32Array };
    expectLabels(labels.values, truth);
    expect(facts['threshold']).to.have.keys(['chosen', 'stability', 'plateau', 'doubt', 'curve']);
  });

  it('stops when asked to', () => {
    const { edges, features } = tinyFaces();
    const stage = chineseWhispersStage.create({ ...run, threshold: 0 }, testServices({ signal: AbortSignal.abort() }));
    expect(() => stage.deoverlap(edges, { proposals: edges.similarities }, { features })).to.throw();
  });

  it('shuffles by the seed', () => {
    expect([...shuffledOrders(9, 1)(0) as Int32Array]).to.deep.equal([...shuffledOrders(9, 1)(0) as Int32Array]); // prettier-ignore
    expect([...shuffledOrders(9, 1)(0) as Int32Array]).to.not.deep.equal([...shuffledOrders(9, 2)(0) as Int32Array]); // prettier-ignore
  });

  describe('splits as the reference does on', () => {
    for (const [k, threshold, iterations] of [
      [30, 0.6, 20],
      [80, 0.7, 5],
    ] as const) {
      const suffix = `k${k}_th${threshold}_it${iterations}`;
      it(`chinese_whispers_${suffix}, visited in its orders`, async () => {
        const bytes = await readFile(new URL(`./golden/chinese_whispers_${suffix}_orders.npy`, import.meta.url));
        const knn = await goldenKnn(k);
        const edges = linksOf(knn);
        const orders = new Int16Array(bytes.buffer.slice(bytes.byteOffset + bytes.length - 2 * iterations * knn.n));
        const graph = whisperGraph(edges, edges.similarities, threshold);
        const classes = whisper(graph, iterations, (pass) => orders.subarray(pass * knn.n, (pass + 1) * knn.n));
        expectLabels(classes, await goldenLabels(`chinese_whispers_${suffix}`));
      });

      it(`chinese_whispers_fast_${suffix}, but for instances without links`, async () => {
        const edges = linksOf(await goldenKnn(k));
        const graph = whisperGraph(edges, edges.similarities, threshold);
        const linked = [...Array(graph.n).keys()].filter((i) => graph.offsets[i + 1] > graph.offsets[i]);
        const classes = whisperAtOnce(graph, iterations);
        const reference = await goldenLabels(`chinese_whispers_fast_${suffix}`);
        expectLabels(
          Int32Array.from(linked, (i) => classes[i]),
          Int32Array.from(linked, (i) => reference[i]),
        );
        // The reference puts all of them into one class; here each is alone.
        expect(new Set(classes).size).to.equal(new Set(reference).size - 1 + graph.n - linked.length);
      });
    }
  });
});
