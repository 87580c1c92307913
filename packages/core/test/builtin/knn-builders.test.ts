import { expect } from 'chai';
import { exactStage } from '../../src/builtin/exact.js';
import { precomputedStage } from '../../src/builtin/precomputed.js';
import { assertKnnGraph, truncateKnnGraph, type KnnGraph } from '../../src/data/knn-graph.js';
import { readFeatures } from '../../src/formats/features-file.js';
import { inspectKnn, readKnn, writeKnn } from '../../src/formats/knn-npz.js';
import { bruteForceKnn, testServices, tinyFaces } from '../../src/testing/index.js';
import { golden, refused, temporaryFolder } from '../formats/temporary.js';

/** Equal, but for neighbours whose similarities are equal within the tolerance. */
function expectSameNeighbours(found: KnnGraph, expected: KnnGraph, tolerance: number): void {
  assertKnnGraph(found);
  expect([found.n, found.k]).to.deep.equal([expected.n, expected.k]);
  for (let e = 0; e < expected.ids.length; e++) {
    expect(found.similarities[e], `place ${e}`).to.be.closeTo(expected.similarities[e], tolerance);
  }
  for (let i = 0; i < expected.n; i++) {
    const row = expected.similarities.subarray(i * expected.k, (i + 1) * expected.k);
    const last = row[expected.k - 1];
    const ids = new Set(found.ids.subarray(i * expected.k, (i + 1) * expected.k));
    row.forEach((similarity, place) => {
      if (similarity > last + tolerance)
        expect(ids.has(expected.ids[i * expected.k + place]), `row ${i}`).to.equal(true);
    });
  }
}

describe('knn builders', () => {
  const folder = temporaryFolder();
  const faces = tinyFaces();
  const build = (options: { path: string; k?: number }, warn = (_: string): void => undefined): Promise<KnnGraph> => {
    const services = testServices({ log: { debug: () => undefined, info: () => undefined, warn } });
    return Promise.resolve(precomputedStage.create({ k: 0, ...options }, services).build(faces.features));
  };

  it('exact finds what brute force in double precision finds', async () => {
    const stage = exactStage.create({ k: 7 }, testServices());
    expectSameNeighbours(await stage.build(faces.features), bruteForceKnn(faces.features, 7), 1e-6);
  });

  it('exact finds the neighbours of the golden data', async () => {
    const { features } = await readFeatures(golden('data/synth2k.bin'), { dim: 256 });
    const stage = exactStage.create({ k: 79 }, testServices());
    expectSameNeighbours(await stage.build(features), await readKnn(golden('data/faiss_k_80.npz')), 2e-6);
  });

  it('exact refuses more neighbours than there are', async () => {
    const stage = exactStage.create({ k: faces.features.n }, testServices());
    await refused(() => stage.build(faces.features), 'E_DATA', /exact\.k/);
  });

  it('precomputed gives what was written, or its best k', async () => {
    const path = folder.path('knn.npz');
    for (const form of ['l2c', 'reference'] as const) {
      await writeKnn(path, faces.knn, { form });
      expect(await inspectKnn(path)).to.deep.equal({ n: faces.knn.n, k: faces.knn.k });
      expect(await build({ path }), form).to.deep.equal(faces.knn);
      expect(await build({ path, k: 2 }), form).to.deep.equal(truncateKnnGraph(faces.knn, 2));
    }
  });

  it('precomputed refuses the file of other features, before and in a run', async () => {
    const path = folder.path('knn.npz');
    await writeKnn(path, faces.knn);
    const { n, dim } = faces.features;
    expect(await precomputedStage.check({ path, k: 0 }, { n, dim })).to.deep.equal([]);
    const [size] = await precomputedStage.check({ path, k: 0 }, { n: n + 1, dim });
    expect(size).to.include({
      option: 'path',
      fact: `the file holds the neighbours of ${n} instances, the features have ${n + 1}`,
    });
    const [width] = await precomputedStage.check({ path, k: faces.knn.k + 1 }, { n, dim });
    expect(width).to.include({
      option: 'k',
      fact: `${faces.knn.k + 1} neighbours asked for, the file holds ${faces.knn.k}`,
    });
    const other = { path: golden('data/faiss_k_30.npz') };
    await refused(() => build(other), 'E_DATA', /faiss_k_30\.npz: the file holds the neighbours of 2000 instances/);
  });

  it('precomputed warns of similarities that are not those of the features', async () => {
    const path = folder.path('knn.npz');
    const warnings: string[] = [];
    await writeKnn(path, faces.knn);
    await build({ path }, (message) => warnings.push(message));
    expect(warnings).to.deep.equal([]);
    await writeKnn(path, { ...faces.knn, similarities: faces.knn.similarities.map((value) => value / 2) });
    await build({ path }, (message) => warnings.push(message));
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/knn\.npz: the similarities of 100\.0 % .* are not the cosines/);
  });
});
