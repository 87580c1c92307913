import { expect } from 'chai';
import {
  cellNeighbours,
  defaultCells,
  type CellSearch,
  type CellSearchTuning,
} from '../../../src/compute/cells/cell-neighbours.js';
import { trainCentres } from '../../../src/compute/cells/train-centres.js';
import { engineNames, type Compute } from '../../../src/compute/compute.js';
import { kernelKind } from '../../../src/compute/kernels/memory.js';
import { topkBytes, topkCapacity } from '../../../src/compute/kernels/topk.js';
import { plainCompute } from '../../../src/compute/plain.js';
import { Features, storeAs } from '../../../src/data/features.js';
import { allocateKnnGraph, assertKnnGraph, type KnnGraph } from '../../../src/data/knn-graph.js';
import { createRandom } from '../../../src/stages/random.js';
import { bruteForceKnn } from '../../../src/testing/index.js';
import { engineOrNone, normals } from '../matrices.js';
import { expectExact, expectSameBits, faces } from '../neighbours/search.js';

interface Options {
  readonly k: number;
  readonly cells?: number;
  readonly probes?: number;
  readonly targetRecall?: number;
  readonly seed?: number;
}

function search(
  features: Features,
  { k, cells = 0, probes = 0, targetRecall = 0.99, seed = 1 }: Options,
  compute: Compute = plainCompute,
  tuning: CellSearchTuning = {},
): Promise<CellSearch> {
  return cellNeighbours(features, { k, cells, probes, targetRecall }, { compute, random: createRandom(seed) }, tuning);
}

/** The nearest `probes` centres of each instance, by all products, ties to the lower. */
function nearest(features: Features, instances: ArrayLike<number>, centres: Float32Array, probes: number): Int32Array {
  const { dim } = features;
  const out = new Int32Array(instances.length * probes);
  for (let r = 0; r < instances.length; r++) {
    const row = features.row(instances[r]);
    const products = Float32Array.from({ length: centres.length / dim }, (_, c) =>
      row.reduce((sum, x, i) => sum + x * centres[c * dim + i], 0),
    );
    const order = [...products.keys()].sort((a, b) => products[b] - products[a] || a - b);
    out.set(order.slice(0, probes), r * probes);
  }
  return out;
}

/** What a search by cells is to find: the best of those who look at the other's cell. */
async function expected(features: Features, k: number, cells: number, probes: number, seed = 1): Promise<KnnGraph> {
  const { n } = features;
  const centres = await trainCentres(features, cells, createRandom(seed), async (instances, now) =>
    nearest(features, instances, now, 1),
  );
  const looks = nearest(
    features,
    Array.from({ length: n }, (_, i) => i),
    centres,
    probes,
  );
  const looksAt = (i: number, j: number): boolean =>
    looks.subarray(i * probes, (i + 1) * probes).includes(looks[j * probes]);
  const graph = allocateKnnGraph(n, k);
  for (let i = 0; i < n; i++) {
    const others = [...looks.keys()].slice(0, n).filter((j) => j !== i && (looksAt(i, j) || looksAt(j, i)));
    const products = Float32Array.from(others, (j) => features.dot(i, j));
    const order = [...others.keys()].sort((a, b) => products[b] - products[a] || others[a] - others[b]);
    order.slice(0, k).forEach((o, place) => {
      graph.ids[i * k + place] = others[o];
      graph.similarities[i * k + place] = products[o];
    });
  }
  return graph;
}

describe('cellNeighbours', () => {
  for (const name of engineNames) {
    describe(`on ${name}`, () => {
      let compute: Compute;
      before(async function () {
        const loaded = await engineOrNone(name);
        if (loaded === undefined) this.skip();
        compute = loaded;
      });
      after(async () => compute?.dispose());

      for (const [n, k, dim, cells] of [
        [2, 1, 1, 1],
        [2, 1, 3, 2],
        [17, 16, 3, 5],
        [300, 20, 16, 9],
        [1300, 10, 8, 2], // a cell is more than one block
      ] as const) {
        it(`finds the ${k} nearest of ${n} where all of ${cells} cells are looked at`, async () => {
          const features = faces(n, dim, 1 + (n >> 4));
          const { graph, recall } = await search(features, { k, cells, probes: cells }, compute);
          expectExact(graph, features);
          expect(recall).to.equal(1);
        });
      }

      it('finds most of what is near where few cells are looked at', async () => {
        const features = faces(1500, 16, 60);
        const { graph, probes, cells, nearRecall } = await search(features, { k: 20 }, compute);
        assertKnnGraph(graph);
        expect(probes).to.be.within(1, cells - 1);
        expect(nearRecall).to.be.within(0.97, 1);
      });
    });
  }

  for (const [cells, probes] of [
    [1, 1],
    [12, 1],
    [12, 2],
    [12, 5],
    [40, 7],
  ] as const) {
    it(`compares those who look at the other's cell, and no others: ${probes} of ${cells}`, async () => {
      const features = faces(400, 8, 25);
      const { graph } = await search(features, { k: 30, cells, probes });
      expectSameBits(graph, await expected(features, 30, cells, probes));
    });
  }

  it('searches what is stored as float16, by one thread or two, as the same numbers in float32', async () => {
    const halves = storeAs(faces(400, 8, 25), 'float16');
    const options = { k: 30, cells: 12, probes: 3 };
    const { graph: wide } = await search(storeAs(halves, 'float32'), options);
    for (const threads of [1, 2]) {
      const { graph } = await search(halves, options, plainCompute, { threads });
      expectSameBits(graph, wide);
    }
  });

  it('leaves places empty where fewer than k were compared', async () => {
    const features = faces(200, 8, 40);
    const { graph } = await search(features, { k: 50, cells: 40, probes: 1 });
    assertKnnGraph(graph);
    expect(graph.ids.some((id) => id === -1)).to.equal(true);
    expectSameBits(graph, await expected(features, 50, 40, 1));
  });

  it('with wasm and plain kernels, in one piece and in shards, gives the same bits', async function () {
    if (kernelKind === 'plain') this.skip();
    const features = faces(500, 12, 20);
    const options = { k: 12, cells: 30, probes: 4 };
    const one = await search(features, options, plainCompute, { kernels: 'wasm' });
    const rowBytes = topkBytes(topkCapacity(12));
    for (const tuning of [
      { kernels: 'plain' },
      { kernels: 'wasm', stateBytes: 170 * rowBytes }, // shards end within cells
      { kernels: 'wasm', stateBytes: 7 * rowBytes },
      { kernels: 'wasm', stateBytes: 500 * topkBytes(12 + 8) }, // one piece of shorter lists
    ] as const) {
      expectSameBits((await search(features, options, plainCompute, tuning)).graph, one.graph);
    }
  });

  it('gives the same bits on two threads', async () => {
    const compute = (await engineOrNone('onnxruntime')) ?? plainCompute;
    const features = faces(3000, 32, 80);
    const one = await search(features, { k: 20 }, compute, { threads: 1 });
    const two = await search(features, { k: 20 }, compute, { threads: 2 });
    await compute.dispose();
    expect({ ...two, graph: 0 }).to.deep.equal({ ...one, graph: 0 });
    expectSameBits(two.graph, one.graph);
  });

  it('depends on nothing but the seed', async () => {
    const features = faces(600, 8, 40);
    const options = { k: 20, cells: 40, probes: 2 };
    const one = await search(features, { ...options, seed: 5 });
    expectSameBits((await search(features, { ...options, seed: 5 })).graph, one.graph);
    const other = await search(features, { ...options, seed: 6 });
    expect(other.graph.ids).to.not.deep.equal(one.graph.ids);
  });

  it('gives equal similarities to the lower id', async () => {
    // 5 directions in turn: all products are exactly 0 or 1, and cells of a direction are equally near
    const values = Array.from({ length: 200 * 5 }, (_, i) => (Math.floor(i / 5) % 5 === i % 5 ? 1 : 0));
    const features = Features.from(values, 5);
    for (const [cells, probes] of [
      [5, 5],
      [9, 9],
    ]) {
      const { graph } = await search(features, { k: 60, cells, probes });
      expectSameBits(graph, bruteForceKnn(features, 60));
    }
    const { graph } = await search(features, { k: 39, cells: 9, probes: 2 });
    expectSameBits(graph, bruteForceKnn(features, 39));
  });

  it('tells apart what is all one point, and what is all zero', async () => {
    for (const value of [0.5, 0]) {
      const features = Features.from(Array<number>(700 * 4).fill(value), 4);
      for (const probes of [0, 1, 3]) {
        const { graph, nearRecall } = await search(features, { k: 9, cells: 20, probes });
        expectSameBits(graph, bruteForceKnn(features, 9));
        expect(nearRecall).to.equal(1);
      }
    }
  });

  it('takes zero rows among others, and negative similarities', async () => {
    const values = normals(300 * 4, 3);
    values.fill(0, 40 * 4, 50 * 4);
    const features = Features.from(values, 4);
    const { graph } = await search(features, { k: 120, cells: 17, probes: 17 });
    expectSameBits(graph, bruteForceKnn(features, 120));
  });

  it('looks at more cells for a higher target', async () => {
    const features = faces(2000, 12, 200);
    const found = await Promise.all(
      [0.6, 0.9, 0.99].map((targetRecall) => search(features, { k: 10, cells: 100, targetRecall })),
    );
    const probes = found.map((result) => result.probes);
    expect(probes[0]).to.be.below(probes[1]);
    expect(probes[1]).to.be.below(probes[2]);
    found.forEach(({ nearRecall }, t) => expect(nearRecall).to.be.above([0.55, 0.87, 0.975][t]));
  });

  it('says how far it has come, and stops at the signal', async () => {
    const features = faces(2000, 8, 50);
    const options = { k: 10, cells: 50, probes: 3, targetRecall: 0.9 };
    const seen: number[] = [];
    const progress = { update: (done: number, total: number) => void seen.push(done / total) };
    await cellNeighbours(features, options, { compute: plainCompute, random: createRandom(1), progress });
    expect(seen.at(-1)).to.equal(1);
    expect(seen).to.deep.equal([...seen].sort((a, b) => a - b));
    expect(new Set(seen).size).to.be.above(20);
    const controller = new AbortController();
    const stop = { update: (done: number) => done > 0.3 && controller.abort(new Error('enough')) };
    const services = { compute: plainCompute, random: createRandom(1), progress: stop, signal: controller.signal };
    let caught: unknown;
    await cellNeighbours(features, options, services).catch((error: unknown) => (caught = error));
    expect(caught).to.have.property('message', 'enough');
  });

  it('divides n instances in n^(2/3) cells', () => {
    expect([1, 2, 1000, 27_000, 1_000_000].map(defaultCells)).to.deep.equal([1, 2, 100, 900, 10_000]);
  });

  it('leaves the features as they were', async () => {
    const features = faces(200, 8, 5);
    const before = features.blocks.map((block) => block.slice());
    await search(features, { k: 10 });
    expect(features.blocks).to.deep.equal(before);
  });
});
