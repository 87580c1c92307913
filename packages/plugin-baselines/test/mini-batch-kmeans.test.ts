import { bcubed, createRandom, Features, L2cError, samePartition, type ClusterProposals } from '@l2c/core';
import { describeStage, testServices } from '@l2c/core/testing';
import { expect } from 'chai';
import { kmeans } from '../src/kmeans.js';
import { miniBatchKmeans, miniBatchKmeansStage, type MiniBatchKmeansOptions } from '../src/mini-batch-kmeans.js';
import { goldenFaces } from './golden-faces.js';
import { goldenTruth } from './golden-truth.js';
import { blobs, inertiaOf } from './inertia.js';

const services = testServices();
const defaults: MiniBatchKmeansOptions = { clusters: 2, iterations: 100, batchSize: 32, patience: 10, seed: 1 };

describe('mini-batch-kmeans', () => {
  describeStage(miniBatchKmeansStage, [{ options: { clusters: 4 } }, { options: { clusters: 3, batchSize: 5 } }]);

  it('finds groups far apart from batches of a few', async () => {
    const random = createRandom(2);
    const features = Features.from(
      Float32Array.from({ length: 120 }, (_, i) => 50 * (i % 6) + random.next()),
      1,
    );
    const wanted = Int32Array.from({ length: 120 }, (_, i) => i % 6);
    for (const batchSize of [1, 7, 120, 5000]) {
      const { labels } = await miniBatchKmeans(features, { ...defaults, clusters: 6, batchSize }, services);
      expect(samePartition(labels, wanted), `batches of ${batchSize}`).to.equal(true);
    }
  });

  it('comes near the inertia of k-means, and reports a bound of its own', async () => {
    const features = blobs(20, 40, 6, 0.1, createRandom(3));
    let [mini, full] = [0, 0];
    for (const seed of [1, 2, 3]) {
      const result = await miniBatchKmeans(features, { ...defaults, clusters: 20, seed }, services);
      const own = inertiaOf(features, result.labels);
      expect(result.inertia).to.be.at.least(own - 1e-4); // its centres are no exact means
      expect(result.inertia).to.be.below(1.1 * own);
      mini += own;
      full += (await kmeans(features, { clusters: 20, iterations: 300, tolerance: 0, restarts: 1, seed }, services))
        .inertia;
    }
    expect(mini).to.be.below(1.1 * full);
  });

  it('stops when batches get no better, or after its iterations', async () => {
    const features = blobs(5, 40, 3, 0.05, createRandom(4));
    const run = async (given: Partial<MiniBatchKmeansOptions>): Promise<number> =>
      (await miniBatchKmeans(features, { ...defaults, clusters: 5, ...given }, services)).iterations;
    expect(await run({ iterations: 3, patience: 0 })).to.equal(Math.ceil((3 * 200) / 32));
    expect(await run({ iterations: 1000 })).to.be.below((1000 * 200) / 32);
  });

  it('leaves no cluster empty, and makes fewer where fewer instances differ', async () => {
    const features = blobs(4, 10, 3, 0.5, createRandom(5));
    const { labels } = await miniBatchKmeans(features, { ...defaults, clusters: 38, batchSize: 4 }, services);
    expect(new Set(labels).size).to.equal(38);
    const equal = Features.from(new Float32Array(30).fill(2), 3);
    const stage = miniBatchKmeansStage.create({ ...defaults, clusters: 4, batchSize: 2 }, services);
    const { offsets } = (await stage.propose(equal, undefined)) as ClusterProposals;
    expect([...offsets]).to.deep.equal([0, 10]);
  });

  it('finds all clusters where a sample of the rows has too few different ones', async () => {
    const values = new Float32Array(600); // 590 equal rows, 10 others
    for (let i = 0; i < 10; i++) values[i * 60] = 1 + i;
    const { labels } = await miniBatchKmeans(Features.from(values, 1), { ...defaults, clusters: 11, batchSize: 4 }, services); // prettier-ignore
    expect(new Set(labels).size).to.equal(11);
  });

  it('refuses more clusters than instances', async () => {
    const options = { ...defaults, clusters: 3 };
    expect(await miniBatchKmeansStage.check(options, { n: 2, dim: 2 })).to.have.length(1);
    const two = Features.from([1, 0, 0, 1], 2);
    const failure = await Promise.resolve(miniBatchKmeansStage.create(options, services).propose(two, undefined)).catch(
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(L2cError).with.property('code', 'E_DATA');
  });

  it("golden: 5 seeds reach sklearn's BCubed F minus 0.01, and a smaller inertia", async () => {
    const features = await goldenFaces();
    const truth = await goldenTruth();
    let f = 0;
    let inertia = 0;
    for (let seed = 0; seed < 5; seed++) {
      const result = await miniBatchKmeans(features, { ...defaults, clusters: 150, batchSize: 100, seed }, services);
      f += bcubed(truth, result.labels).f / 5;
      inertia += result.inertia / 5;
    }
    expect(f).to.be.above(0.8977 - 0.01);
    // scikit-learn 1.2.1, MiniBatchKMeans(150, batch_size=100), random_state 0 .. 4: inertia 627 .. 683
    expect(inertia).to.be.below(660);
  });
});
