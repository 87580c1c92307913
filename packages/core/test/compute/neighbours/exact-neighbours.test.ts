import { expect } from 'chai';
import { engineNames, type Compute } from '../../../src/compute/compute.js';
import { kernelKind } from '../../../src/compute/kernels/memory.js';
import { exactNeighbours } from '../../../src/compute/neighbours/exact-neighbours.js';
import { planSearch } from '../../../src/compute/neighbours/plan.js';
import { plainCompute } from '../../../src/compute/plain.js';
import { Features, storeAs } from '../../../src/data/features.js';
import { bruteForceKnn } from '../../../src/testing/index.js';
import { engineOrNone, normals } from '../matrices.js';
import { expectExact, expectSameBits, faces, misleading } from './search.js';

const plain = { compute: plainCompute };

describe('exactNeighbours', () => {
  for (const name of engineNames) {
    describe(`on ${name}`, () => {
      let compute: Compute;
      before(async function () {
        const loaded = await engineOrNone(name);
        if (loaded === undefined) this.skip();
        compute = loaded;
      });
      after(async () => compute?.dispose());

      for (const [n, k, dim] of [
        [2, 1, 1],
        [3, 2, 5],
        [16, 15, 8],
        [17, 1, 3],
        [100, 99, 16],
        [513, 40, 33],
        [700, 7, 128],
      ] as const) {
        it(`finds the ${k} nearest of ${n}, dim ${dim}`, async () => {
          const features = faces(n, dim, 1 + (n >> 4));
          expectExact(await exactNeighbours(features, k, { compute }), features);
        });
      }

      it('searches by small blocks, ragged ones last', async () => {
        const features = faces(333, 24, 9);
        for (const blockRows of [1, 7, 64, 332, 333, 500]) {
          if (blockRows === 1 && name !== 'plain') continue; // 55,000 products
          const found = await exactNeighbours(features, 12, { compute }, { blockRows });
          expectExact(found, features);
        }
      });

      it('searches in shards of rows', async () => {
        const features = faces(300, 16, 7);
        for (const [stateBytes, sample] of [
          [1, false],
          [1, true],
          [40_000, false],
          [40_000, true],
        ] as const) {
          const tuning = { blockRows: 32, stateBytes, sample };
          const { shardBlocks, blocks } = planSearch(300, 20, tuning);
          expect(shardBlocks).to.be.below(blocks);
          expectExact(await exactNeighbours(features, 20, { compute }, tuning), features);
        }
      });

      it('looks at a sample first, and gives the same', async () => {
        const features = faces(900, 16, 30);
        const tuning = { blockRows: 32, sample: true };
        expect(planSearch(900, 60, tuning).sampleBlocks).to.be.above(1);
        const found = await exactNeighbours(features, 60, { compute }, tuning);
        expectExact(found, features);
        // sums of plain TypeScript do not depend on how blocks are cut
        if (name !== 'plain') return;
        expectSameBits(found, await exactNeighbours(features, 60, { compute }, { blockRows: 32, sample: false }));
      });

      it('searches rows again for which the sample promised too much', async () => {
        const tuning = { blockRows: 48, sample: true };
        const features = misleading(600, 60, tuning);
        const seen: number[] = [];
        const progress = { update: (done: number) => void seen.push(done) };
        const found = await exactNeighbours(features, 60, { compute, progress }, tuning);
        expectExact(found, features);
        // more products than one search takes: some were made again
        expect(seen.filter((done, i) => done === seen[i - 1]).length).to.be.above(1);
      });
    });
  }

  it('with wasm and plain kernels gives the same bits', async function () {
    if (kernelKind === 'plain') this.skip();
    const features = faces(500, 20, 11);
    for (const sample of [true, false]) {
      const search = (kernels: 'wasm' | 'plain') =>
        exactNeighbours(features, 30, plain, { kernels, sample, blockRows: 16 });
      expectSameBits(await search('wasm'), await search('plain'));
    }
  });

  it('gives equal similarities to the lower id', async () => {
    // 5 directions in turn, all products exactly 0 or 1
    const values = Array.from({ length: 200 * 5 }, (_, i) => (Math.floor(i / 5) % 5 === i % 5 ? 1 : 0));
    const features = Features.from(values, 5);
    for (const k of [1, 10, 39, 60, 199]) {
      for (const tuning of [{}, { blockRows: 16, sample: true }, { blockRows: 16, sample: false, stateBytes: 1 }]) {
        expectSameBits(await exactNeighbours(features, k, plain, tuning), bruteForceKnn(features, k));
      }
    }
  });

  it('tells apart what is all one point', async () => {
    const features = Features.from(Array<number>(120 * 4).fill(0.5), 4);
    for (const k of [1, 50, 119]) {
      for (const tuning of [{}, { blockRows: 8, sample: true }]) {
        expectSameBits(await exactNeighbours(features, k, plain, tuning), bruteForceKnn(features, k));
      }
    }
  });

  it('knows negative similarities, and 0 of either sign', async () => {
    // (1, 0), (-1, 0), (0, 1), (0, -1), ...: products are 1, 0, -0 and -1
    const values = Array.from(
      { length: 40 },
      (_, i) =>
        [
          [1, 0],
          [-1, 0],
          [0, 1],
          [-0, -1],
        ][i % 4],
    ).flat();
    const features = Features.from(values, 2);
    for (const k of [9, 29, 39]) {
      const found = await exactNeighbours(features, k, plain);
      expectSameBits(found, bruteForceKnn(features, k));
      expect(found.similarities.some((similarity) => Object.is(similarity, -0))).to.equal(false);
    }
  });

  it('takes rows that are not normalised by their inner product', async () => {
    const features = Features.from(normals(150 * 6, 3), 6);
    expectExact(await exactNeighbours(features, 10, plain), features, 1e-5);
  });

  it('searches what is stored as float16 as the same numbers in float32', async () => {
    const halves = storeAs(faces(300, 8, 20), 'float16');
    const wide = await exactNeighbours(storeAs(halves, 'float32'), 20, plain);
    expectSameBits(await exactNeighbours(halves, 20, plain), wide);
  });

  it('leaves the features as they were', async () => {
    const features = faces(100, 8, 5);
    const before = features.blocks.map((block) => block.slice());
    await exactNeighbours(features, 10, plain);
    expect(features.blocks).to.deep.equal(before);
  });

  it('refuses numbers of neighbours that can not be', async () => {
    const features = faces(10, 4, 2);
    for (const k of [10, 11, 0, -1, 1.5, NaN]) {
      let caught: unknown;
      await exactNeighbours(features, k, plain).catch((error: unknown) => (caught = error));
      expect(caught, `k ${k}`).to.be.instanceOf(RangeError);
    }
  });

  it('reports progress that only grows, to the end', async () => {
    const seen: [number, number][] = [];
    const progress = { update: (done: number, total: number) => void seen.push([done, total]) };
    await exactNeighbours(faces(300, 8, 5), 10, { ...plain, progress }, { blockRows: 32, stateBytes: 1 });
    const total = seen[0][1];
    expect(seen.at(-1)).to.deep.equal([total, total]);
    expect(total).to.equal(300);
    seen.forEach(([done, of], i) => {
      expect(of).to.equal(total);
      expect(done).to.be.within(i === 0 ? 0 : seen[i - 1][0], total);
      // each shard of one block against all ten: a hundredth at a time
      expect(done % 3).to.equal(0);
    });
  });
});
