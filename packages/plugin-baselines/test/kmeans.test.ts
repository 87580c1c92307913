import { bcubed, createRandom, Features, L2cError, samePartition, type ClusterProposals } from '@l2c/core';
import { describeStage, testServices, tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { Centres } from '../src/centres.js';
import { kmeans, kmeansStage, type KmeansOptions } from '../src/kmeans.js';
import { lloyd } from '../src/lloyd.js';
import { CentreSearch, type Choice } from '../src/nearest-centres.js';
import { refill } from '../src/refill.js';
import { seedCentres } from '../src/seed-centres.js';
import { goldenFaces } from './golden-faces.js';
import { goldenTruth } from './golden-truth.js';
import { blobs, inertiaOf } from './inertia.js';

const services = testServices();
const defaults: KmeansOptions = { clusters: 2, iterations: 300, tolerance: 0, restarts: 1, seed: 1 };
const split = async (features: Features, options: Partial<KmeansOptions>): Promise<number[]> => [
  ...(await kmeans(features, { ...defaults, ...options }, services)).labels,
];

describe('kmeans', () => {
  describeStage(kmeansStage, [{ options: { clusters: 4 } }, { options: { clusters: 3, restarts: 3, tolerance: 0 } }]);

  const line = Features.from([0, 1, 2, 10, 11, 12, 30, 30], 1);

  it('finds the groups of a line, and their inertia', async () => {
    const { labels, inertia, clusters } = await kmeans(line, { ...defaults, clusters: 3, restarts: 5 }, services);
    expect(samePartition(labels, [0, 0, 0, 1, 1, 1, 2, 2])).to.equal(true);
    expect(inertia).to.be.closeTo(4, 1e-4);
    expect(clusters).to.equal(3);
  });

  it('makes one cluster of everything, and a cluster of each different instance', async () => {
    expect(await split(line, { clusters: 1 })).to.deep.equal(new Array(8).fill(0));
    const { labels, inertia } = await kmeans(line, { ...defaults, clusters: 7 }, services);
    expect(new Set(labels).size).to.equal(7);
    expect(labels[6]).to.equal(labels[7]);
    expect(inertia).to.equal(0);
  });

  it('makes fewer clusters where fewer instances differ, and says so', async () => {
    const warnings: string[] = [];
    const log = { debug: () => {}, info: () => {}, warn: (message: string) => warnings.push(message) };
    const equal = Features.from(new Float32Array(12).fill(0.5), 3);
    const stage = kmeansStage.create({ ...defaults, clusters: 3 }, testServices({ log }));
    const { offsets, members } = (await stage.propose(equal, undefined)) as ClusterProposals;
    expect([...offsets]).to.deep.equal([0, 4]);
    expect([...members]).to.deep.equal([0, 1, 2, 3]);
    expect(warnings[0]).to.include('only 1 instances differ');
    const pairs = Features.from([1, 0, 1, 0, 0, 1, 0, 1], 2);
    expect(new Set(await split(pairs, { clusters: 4 })).size).to.equal(2);
  });

  it('copes with one and two instances', async () => {
    expect(await split(Features.from([3, 4], 2), { clusters: 1 })).to.deep.equal([0]);
    expect(new Set(await split(Features.from([0, 1, 1, 0], 2), { clusters: 2 })).size).to.equal(2);
  });

  it('refuses more clusters than instances, before it runs and when it does', async () => {
    const options = { ...defaults, clusters: 9 };
    const [found] = await kmeansStage.check(options, { n: 8, dim: 1 });
    expect(found).to.include({ option: 'clusters', fact: '9 clusters asked of 8 instances' });
    expect(await kmeansStage.check(options, { n: 9, dim: 1 })).to.deep.equal([]);
    const failure = await Promise.resolve(kmeansStage.create(options, services).propose(line, undefined)).catch(
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(L2cError).with.property('code', 'E_DATA');
  });

  it('ends where no instance is nearer to another mean, with the inertia it reports', async () => {
    const features = blobs(12, 20, 6, 0.2, createRandom(3));
    for (const seed of [1, 2, 3]) {
      const { labels, inertia } = await kmeans(features, { ...defaults, clusters: 12, seed }, services);
      expect(inertia).to.be.closeTo(inertiaOf(features, labels), 1e-3);
      expect(swaps(features, labels, 12)).to.equal(0);
    }
  });

  it('never gets worse by more restarts, and is the same for one seed', async () => {
    const features = blobs(15, 10, 5, 0.3, createRandom(4));
    const run = (restarts: number) => kmeans(features, { ...defaults, clusters: 15, restarts }, services);
    const [once, again, often] = [await run(1), await run(1), await run(6)];
    expect(again.labels).to.deep.equal(once.labels);
    expect(often.inertia).to.be.at.most(once.inertia);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    controller.abort();
    const failure = await kmeans(line, defaults, testServices({ signal: controller.signal })).catch(
      (error: unknown) => error,
    );
    expect(failure).to.equal(controller.signal.reason);
  });

  it("golden: 5 seeds reach sklearn's inertia within 1 % and its BCubed F minus 0.01", async () => {
    const features = await goldenFaces();
    const truth = await goldenTruth();
    let inertia = 0;
    let f = 0;
    for (let seed = 0; seed < 5; seed++) {
      const result = await lloyd(
        features,
        { ...defaults, clusters: 150, tolerance: 1e-4 },
        createRandom(seed),
        services,
      );
      inertia += result.inertia / 5;
      f += bcubed(truth, result.labels).f / 5;
    }
    // scikit-learn 1.2.1, KMeans(150, n_init=10), random_state 0 .. 4: inertia 562.8 .. 566.8
    expect(inertia).to.be.below(1.01 * 565.31);
    expect(f).to.be.above(0.882 - 0.01);
  });
});

/** How many rows lie nearer to the mean of another cluster than their own. */
function swaps(features: Features, labels: Int32Array, clusters: number): number {
  const means = Array.from({ length: clusters }, () => new Float64Array(features.dim));
  const sizes = new Int32Array(clusters);
  labels.forEach((label) => sizes[label]++);
  labels.forEach((label, i) => features.row(i).forEach((value, c) => (means[label][c] += value / sizes[label])));
  const distance = (i: number, c: number): number =>
    features.row(i).reduce((sum, value, d) => sum + (value - means[c][d]) ** 2, 0);
  let count = 0;
  labels.forEach((label, i) => {
    const own = distance(i, label);
    if (means.some((_, c) => distance(i, c) < own - 1e-5)) count++;
  });
  return count;
}

describe('seeds of k-means', () => {
  it('are different rows, one in each of groups far apart', async () => {
    const random = createRandom(5);
    const features = Features.from(
      Float32Array.from({ length: 400 }, (_, i) => 100 * (i % 20) + random.next()),
      1,
    );
    for (let seed = 0; seed < 10; seed++) {
      const seeds = await seedCentres(features, 20, createRandom(seed), services);
      expect(new Set(seeds.map((i) => i % 20)).size).to.equal(20);
    }
  });

  it('follow the squared distance, the better of the candidates kept', async () => {
    // From row 0 (half of the starts) rows 1 and 2 lie at 1 and 2; 2 + ln 2 = 2 candidates, the better of which is kept.
    const features = Features.from([0, 1, -2], 1);
    let far = 0;
    let starts = 0;
    for (let seed = 0; seed < 4000; seed++) {
      const [first, second] = await seedCentres(features, 2, createRandom(seed), services);
      if (first !== 0) continue;
      starts++;
      if (second === 2) far++;
    }
    // picking row 2 leaves 1, picking row 1 leaves 4: row 2 wins unless both candidates are row 1, 1 - (1 / 5)²
    expect(starts).to.be.within(1200, 1470);
    expect(far / starts).to.be.closeTo(0.96, 0.02);
  });

  it('are different rows too where candidates are drawn many times over several blocks', async () => {
    const features = blobs(60, 8, 4, 0.05, createRandom(6));
    const seeds = await seedCentres(features, 300, createRandom(1), services);
    expect(new Set(seeds).size).to.equal(300);
  });
});

describe('nearest centres', () => {
  it('are the same after a move as if all had been looked at, whatever moved', async () => {
    const random = createRandom(7);
    const features = blobs(20, 15, 5, 0.2, random);
    const centres = Centres.at(
      features,
      Int32Array.from({ length: 30 }, (_, c) => c * 7),
    );
    const search = new CentreSearch(features, centres, services);
    const fresh = (): Choice => ({ labels: new Int32Array(features.n).fill(-1), scores: new Float64Array(features.n) });
    const choice = fresh();
    await search.all(choice);
    for (let round = 0; round < 25; round++) {
      const moved = Uint8Array.from({ length: 30 }, () => (random.next() < 0.3 ? 1 : 0));
      moved.forEach((flag, c) => {
        if (flag === 0) return;
        for (let d = 0; d < 5; d++) centres.values[c * 5 + d] += 0.3 * random.normal();
        centres.measure(c);
      });
      const before = choice.labels.slice();
      const changed = await search.moved(choice, moved);
      const wanted = fresh();
      await search.all(wanted);
      expect(choice.labels).to.deep.equal(wanted.labels);
      expect(choice.scores).to.deep.equal(wanted.scores);
      expect(changed).to.equal(before.filter((label, i) => label !== choice.labels[i]).length);
    }
  });

  it('never include a retired one', async () => {
    const features = Features.from([0, 1, 5], 1);
    const centres = Centres.at(features, Int32Array.of(0, 1, 2));
    centres.retire(1);
    const choice: Choice = { labels: new Int32Array(3).fill(-1), scores: new Float64Array(3) };
    await new CentreSearch(features, centres, services).all(choice);
    expect([...choice.labels]).to.deep.equal([0, 0, 2]);
  });
});

describe('clusters that lost their rows', () => {
  // squared distances to the centres: 0, 4, 9, 1, 0
  const squares = Float64Array.of(10, 10, 10, 10, 10);
  const scores = (): Float64Array => Float64Array.of(5, 3, 0.5, 4.5, 5);

  it('start again at the rows farthest from their centres', () => {
    const choice = { labels: Int32Array.of(0, 0, 0, 1, 1), scores: scores() };
    expect(refill(choice, squares, 4)).to.equal(2);
    expect([...choice.labels]).to.deep.equal([0, 3, 2, 1, 1]);
    expect([...choice.scores]).to.deep.equal([5, 5, 5, 4.5, 5]);
  });

  it('take no row that is alone, and none that lies at its centre', () => {
    const alone = { labels: Int32Array.of(0, 0, 1, 0, 0), scores: scores() };
    expect(refill(alone, squares, 3)).to.equal(1);
    expect([...alone.labels]).to.deep.equal([0, 2, 1, 0, 0]);
    const settled = { labels: Int32Array.of(0, 0, 0, 0, 0), scores: Float64Array.of(5, 5, 5, 5, 5) };
    expect(refill(settled, squares, 2)).to.equal(0);
  });

  it('are none where every cluster has rows', () => {
    const { truth } = tinyFaces();
    const choice = { labels: truth.slice(), scores: new Float64Array(truth.length) };
    expect(refill(choice, new Float64Array(truth.length).fill(1), 6)).to.equal(0);
    expect(choice.labels).to.deep.equal(truth);
  });
});
