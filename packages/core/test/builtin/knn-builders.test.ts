import { expect } from 'chai';
import { autoStage } from '../../src/builtin/auto.js';
import { exactStage } from '../../src/builtin/exact.js';
import { ivfStage } from '../../src/builtin/ivf.js';
import { precomputedStage } from '../../src/builtin/precomputed.js';
import { searchFor } from '../../src/compute/nearest-neighbours.js';
import { Features } from '../../src/data/features.js';
import { assertKnnGraph, truncateKnnGraph, type KnnGraph } from '../../src/data/knn-graph.js';
import { readFeatures } from '../../src/formats/features-file.js';
import { inspectKnn, readKnn, writeKnn } from '../../src/formats/knn-npz.js';
import { createRandom } from '../../src/stages/random.js';
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

  const ivf = { k: 7, targetRecall: 0.99, cells: 0, probes: 0, seed: 0 };

  it('ivf finds the near neighbours of the golden data, and says how many', async () => {
    const { features } = await readFeatures(golden('data/synth2k.bin'), { dim: 256 });
    const facts = new Map<string, unknown>();
    const lines: string[] = [];
    const log = { debug: () => undefined, info: (line: string) => void lines.push(line), warn: () => undefined };
    const services = testServices({ log, record: (name, fact) => void facts.set(name, fact) });
    const found = await ivfStage.create({ ...ivf, k: 79 }, services).build(features);
    assertKnnGraph(found);
    const exact = await readKnn(golden('data/faiss_k_80.npz'));
    let [near, listed] = [0, 0];
    for (let i = 0; i < exact.n; i++) {
      const ids = new Set(found.ids.subarray(i * 79, (i + 1) * 79));
      for (let e = i * 79; e < (i + 1) * 79; e++) {
        if (exact.similarities[e] < 0.4) continue;
        near++;
        if (ids.has(exact.ids[e])) listed++;
      }
    }
    expect(listed / near).to.be.within(0.98, 1);
    expect([...facts.keys()]).to.deep.equal(['cells', 'probes', 'nearRecall', 'recall']);
    expect(facts.get('nearRecall')).to.be.closeTo(listed / near, 0.01);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(
      /^ivf: looking at \d+ of \d+ cells finds [\d.]+ % of the near neighbours, [\d.]+ % of all 79$/,
    );
  });

  it('ivf warns where it finds less than was asked for', async () => {
    const random = createRandom(1); // in all directions, and of any length: no cells
    const scattered = Features.from(
      Array.from({ length: 1500 * 16 }, () => random.normal()),
      16,
    );
    const warnings: string[] = [];
    const log = { debug: () => undefined, info: () => undefined, warn: (line: string) => void warnings.push(line) };
    const poor = { ...ivf, k: 79, cells: 800 };
    await ivfStage.create({ ...poor, probes: 1 }, testServices({ log })).build(scattered);
    expect(warnings).to.have.length(1); // whoever sets probes knows, but hardly that some have no neighbour
    expect(warnings.pop()).to.match(/^ivf: \d+ instances found no neighbour at all; give more probes/);
    await ivfStage.create({ ...poor, probes: 12, cells: 40 }, testServices({ log })).build(scattered);
    expect(warnings).to.deep.equal([]);
    await ivfStage.create({ ...poor, probes: 0, targetRecall: 1 }, testServices({ log })).build(scattered);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/; 100\.0 % of the near ones were asked for: "exact" finds all/);
  });

  it('ivf refuses more neighbours, cells and probes than there are', async () => {
    const { n, dim } = faces.features;
    const building = (options: object) => () =>
      ivfStage.create({ ...ivf, ...options }, testServices()).build(faces.features);
    await refused(building({ k: n }), 'E_DATA', /ivf\.k: 20 neighbours of 20 instances/);
    for (const [wrong, option, fact] of [
      [{ cells: n + 1 }, 'cells', '21 cells of 20 instances'],
      [{ cells: 3, probes: 4 }, 'probes', '4 probes, and there are 3 cells'],
      [{ probes: 19 }, 'probes', '19 probes, and there are 7 cells'],
    ] as const) {
      const [problem, ...more] = await ivfStage.check({ ...ivf, ...wrong }, { n, dim });
      expect(problem).to.include({ option, fact });
      expect(more).to.deep.equal([]);
      await refused(building(wrong), 'E_DATA', new RegExp(`ivf\\.${option}: ${fact}`));
    }
    expect(await ivfStage.check({ ...ivf, cells: 3, probes: 3 }, { n, dim })).to.deep.equal([]);
  });

  it('auto takes exact for few instances or all neighbours, and says so', async () => {
    expect([searchFor(40_000, 0.99), searchFor(40_001, 0.99), searchFor(1e6, 1)]).to.deep.equal([
      'exact',
      'ivf',
      'exact',
    ]);
    const lines: string[] = [];
    const facts = new Map<string, unknown>();
    const log = { debug: () => undefined, info: (line: string) => void lines.push(line), warn: () => undefined };
    const services = testServices({ log, record: (name, fact) => void facts.set(name, fact) });
    const found = await autoStage.create({ k: 7, targetRecall: 0.99 }, services).build(faces.features);
    expectSameNeighbours(found, bruteForceKnn(faces.features, 7), 1e-6);
    expect(lines).to.deep.equal(['auto: exact, all pairs of 20 instances']);
    expect([...facts]).to.deep.equal([['builder', 'exact']]);
    const stage = autoStage.create({ k: 20, targetRecall: 0.99 }, services);
    await refused(() => stage.build(faces.features), 'E_DATA', /auto\.k: 20 neighbours of 20 instances/);
  });

  it('auto takes ivf for many', async () => {
    const many = Features.allocate(40_001, 2); // 40 directions, of about 1,000 instances each
    for (let i = 0; i < many.n; i++) many.row(i).set([Math.cos((i % 40) * 0.157), Math.sin((i % 40) * 0.157)]);
    const lines: string[] = [];
    const log = { debug: () => undefined, info: (line: string) => void lines.push(line), warn: () => undefined };
    const stage = autoStage.create({ k: 3, targetRecall: 0.9 }, testServices({ log }));
    const found = await stage.build(many);
    assertKnnGraph(found);
    expect([...found.ids.subarray(0, 3)]).to.deep.equal([40, 80, 120]);
    expect(lines[0]).to.equal('auto: ivf, 40001 instances are too many to compare all pairs');
    expect(lines.at(-1)).to.match(/^ivf: looking at \d+ of 1170 cells/); // a forecast may stand between
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
