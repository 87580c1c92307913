import {
  createCompute,
  createRandom,
  defaultScores,
  fillOptions,
  fit,
  ForwardModel,
  initialWeights,
  L2cError,
  loadRegistry,
  readWeights,
  Trainer,
  type ClusterProposals,
  type Compute,
  type Deoverlapper,
  type Features,
  type KnnGraph,
  type Scores,
  type TrainingExample,
} from '@l2c/core';
import { describeStage, expectLabels, testServices, tinyFaces, toClusterProposals } from '@l2c/core/testing';
import { expect } from 'chai';
import { ClusterGraphs } from '../src/cluster-graphs.js';
import { gcnSStage, type GcnSOptions } from '../src/gcn-s.js';
import { gcnSModel } from '../src/gcn-s-model.js';
import { memberTraining, trainGcnS } from '../src/gcn-s-training.js';
import { labelledClusters } from '../src/labelled-clusters.js';
import { rateMembers } from '../src/rate-members.js';
import { drawnSeeds, hashedSeeds, seededRows, strongestSeeds } from '../src/seed-vertices.js';
import {
  allGoldenProposals,
  generatedWeights,
  golden,
  goldenFeatures,
  goldenJson,
  goldenKnn,
  goldenPath,
  goldenTruth,
  largestDifference,
  largestOf,
  type WeightSpec,
} from './golden.js';

interface Training {
  readonly spec: WeightSpec[];
  readonly batches: number[][];
  readonly history: { loss: number }[];
}

function filled(given: Partial<GcnSOptions>): GcnSOptions {
  const { options, problems } = fillOptions(gcnSStage, { weights: 'unused', ...given });
  expect(problems).to.deep.equal([]);
  return options as unknown as GcnSOptions;
}

describe('gcn-s', () => {
  let features: Features;
  let knn: KnnGraph;
  let truth: Int32Array;
  let proposals: ClusterProposals;
  const engines: Compute[] = [];

  before(async () => {
    [features, knn, truth] = [await goldenFeatures(), await goldenKnn('kb'), await goldenTruth()];
    proposals = await allGoldenProposals();
    for (const engine of ['plain', 'onnxruntime'] as const) {
      try {
        engines.push(await createCompute({ engine, device: 'cpu', threads: 0 }, testServices().log));
      } catch (error) {
        if (engine !== 'onnxruntime') throw error; // it is optional
      }
    }
  });
  after(async () => {
    for (const compute of engines) await compute.dispose();
  });

  const example = (): TrainingExample => ({
    proposals,
    context: { features, knn, truth },
    previousScores: defaultScores(proposals),
  });
  const labelled = () =>
    labelledClusters(example(), { edgeWeights: false, target: 'iop', inputs: 'features' }, 'gcn-s');
  const seedsOf = async () => Int32Array.from((await golden('seg_labels.npz'))('seed_random').data as Int32Array);
  const all = Int32Array.from({ length: 191 }, (_, p) => p);
  const choice = { learned: 191, random: createRandom(1) };

  it('golden labels of members, by the majority and by a seed', async () => {
    const file = await golden('seg_labels.npz');
    const { targets } = memberTraining(labelled(), all, { ...choice, seedVertex: 'none' });
    expect([...targets]).to.deep.equal([...(file('label_noseed').data as Int8Array)]);
    const seeds = await seedsOf();
    const seeded = memberTraining(labelled(), all, { ...choice, seedVertex: 'random', seeds });
    expect([...seeded.targets]).to.deep.equal([...(file('label_randseed').data as Int8Array)]);
  });

  it('golden forward: the seed as a column, and as a row of its own behind a shared first product', async () => {
    const weights = await readWeights(goldenPath('gcns_random.npz'));
    const wanted = (await golden('seg_forward.npz'))('logp').data as Float32Array;
    const seeds = await seedsOf();
    const batch = new ClusterGraphs(proposals, knn, false).batch(all);
    for (const compute of engines) {
      const model = await ForwardModel.open(
        gcnSModel({ inputs: 'features', seeded: true }, 256, [64, 32], 0),
        weights,
        compute,
      );
      const { source } = memberTraining(labelled(), all, { ...choice, seedVertex: 'random', seeds });
      const output = await model.run(source, batch.graph);
      await model.dispose();
      expect(largestDifference(output, wanted), compute.engine).below(1e-4);
    }
  });

  it('golden handler: ratings and clusters, from every container of weights', async () => {
    const handler = await golden('seg_handler.npz');
    const list = (name: string) => handler(name).data as Float32Array;
    const info = await goldenJson<Record<string, { th_iop: [number, number] }>>('dsgcn.json');
    const [low, high] = info['seg_handler'].th_iop;
    const selected = Int32Array.from(list('iop_scores').keys()).filter(
      (p) => list('iop_scores')[p] >= low && list('iop_scores')[p] <= high,
    );
    expect([...selected]).to.deep.equal([...list('selected')]);
    const services = testServices({ compute: engines.at(-1)! });
    const graphs = new ClusterGraphs(proposals, knn, false);
    const plain = graphs.batch(selected);
    const seeds = Int32Array.from(list('seeds'));
    for (const end of ['.npz', '.pth', '_legacy.pth', '_mmcv_legacy.pth', '_mmcv_module.pth']) {
      const weights = await readWeights(goldenPath(`gcns_random${end}`));
      const model = await ForwardModel.open(
        gcnSModel({ inputs: 'features', seeded: true }, 256, [64, 32], 0),
        weights,
        services.compute,
        { shared: true },
      );
      // the seed as a row of its own, as scoring does it
      const table = seededTable(features);
      const batch = graphs.batch(selected, seeds);
      const members = batch.members.map((i) => (i === -1 ? 2000 : i));
      const output = await model.run(model.gather(await model.project(table), { members }), batch.graph);
      await model.dispose();
      const members1 = new Float32Array(proposals.members.length).fill(1);
      const ptr = handler('outlier_ptr').data as Int32Array;
      let row = 0;
      selected.forEach((p, g) => {
        const start = proposals.offsets[p];
        const size = proposals.offsets[p + 1] - start;
        for (let m = 0; m < size; m++) members1[start + m] = Math.exp(output[2 * row++ + 1]);
        row++; // the seed
        const wanted = list('outlier').subarray(ptr[p], ptr[p] + size);
        expect(largestDifference(members1.subarray(start, start + size), wanted), `${end} ${g}`).below(1e-4);
      });
      const nms = await deoverlapper('nms', { outliers: 'own' });
      const iou = Float32Array.from(list('iou_scores'));
      const labelsOf = (scores: Scores) => nms.deoverlap(proposals, scores, { features });
      expectLabels(await labelsOf({ proposals: iou, members: members1 }), handler('labels_w_seg').data as Int32Array);
      expectLabels(await labelsOf({ proposals: iou }), handler('labels_wo_seg').data as Int32Array);
    }
    expect(plain.members.length).to.equal(graphs.batch(selected, seeds).members.length - selected.length);
  });

  it('golden training: gradients of the first step, losses and weights of 5', async () => {
    const training = (await goldenJson<Record<string, Training>>('training.json'))['gcns'];
    const steps = training.batches.map((batch) =>
      memberTraining(labelled(), Int32Array.from(batch), { ...choice, seedVertex: 'none' }),
    );
    const model = gcnSModel({ inputs: 'features', seeded: false }, 256, [64, 32], 0);
    const initial = generatedWeights(training.spec);
    const trainer = await Trainer.open(model, initial, 'nll');
    const { gradients } = trainer.gradients(steps[0]);
    trainer.dispose();
    const wanted = await golden('gcns_grad_step1.npz');
    expect(gradients.size).to.equal(4);
    for (const [name, gradient] of gradients) {
      const values = wanted(name).data as Float32Array;
      expect(largestDifference(gradient, values) / largestOf(values), name).below(1e-4);
    }
    const task = { model, loss: 'nll' as const, batches: () => steps, sameEachEpoch: false, initial, fingerprint: '' };
    const options = { optimizer: 'sgd', epochs: 1, learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4 } as const;
    const { weights, record } = await fit(task, { ...options, milestones: [], patience: 0, seed: 1 }, testServices());
    training.history.forEach(({ loss }, step) =>
      expect(Math.abs(record.losses[step] - loss) / loss, `step ${step}`).below(1e-4),
    );
    const final = await golden('gcns_final.npz');
    for (const [name, { values }] of weights) {
      expect(largestDifference(values, final(name).data as Float32Array), name).below(1e-4);
    }
  });

  describe('seed vertices', () => {
    const faces = tinyFaces({ sizes: [9, 7, 5], k: 6 });
    const sets = faces.clusters;
    const numbers = Int32Array.from({ length: sets.offsets.length - 1 }, (_, p) => p);

    it('of a hash depend on neither the order of members nor on other proposals', () => {
      const seeds = hashedSeeds(sets, numbers, 1, 0);
      numbers.forEach((p) => {
        const members = [...sets.members.subarray(sets.offsets[p], sets.offsets[p + 1])].reverse();
        const [place] = hashedSeeds(toClusterProposals(faces.n, [members]), Int32Array.of(0), 1, 0);
        expect(members[place]).to.equal(sets.members[sets.offsets[p] + seeds[p]]);
      });
      const others = [2, 3, 4].map((attempt) => [...hashedSeeds(sets, numbers, 1, attempt)].join(' '));
      expect(new Set(others).size).to.equal(3);
    });

    it('that are drawn are wanted ones', () => {
      const isWanted = (i: number): boolean => i % 3 === 0;
      const seeds = drawnSeeds(sets, numbers, createRandom(2), isWanted);
      numbers.forEach((p) => {
        const members = [...sets.members.subarray(sets.offsets[p], sets.offsets[p + 1])];
        if (members.some(isWanted)) expect(isWanted(members[seeds[p]])).to.equal(true);
      });
    });

    it('with the strongest links are those whose row sums to most', () => {
      const knn: KnnGraph = {
        n: 4,
        k: 2,
        ids: Int32Array.of(1, -1, 2, 0, 1, 3, 2, -1),
        similarities: Float32Array.of(0.9, -Infinity, 0.95, 0.9, 0.95, 0.2, 0.2, -Infinity),
      };
      const one = toClusterProposals(4, [[3, 0, 1, 2]]);
      const graphs = new ClusterGraphs(one, knn, true);
      // sums of links: 0: 0.9, 1: 1.85, 2: 1.15, 3: 0.2
      expect([...strongestSeeds(graphs, Int32Array.of(0))]).to.deep.equal([2]);
      expect([...strongestSeeds(graphs, Int32Array.of(0), (i) => i !== 1)]).to.deep.equal([3]);
    });
  });

  describe('on small sets', () => {
    const faces = tinyFaces({ sizes: [12, 10, 9, 8, 7, 1], k: 8 });
    const context = { features: faces.features, knn: faces.knn };
    const small: TrainingExample = {
      proposals: faces.clusters,
      context: { ...context, truth: faces.truth },
      previousScores: defaultScores(faces.clusters),
    };
    const quick = (given: Partial<GcnSOptions> = {}) => filled({ hidden: [8, 4], epochs: 4, batchSize: 4, ...given });
    const wide = { trainingMinIop: 0, trainingMaxIop: 1 };

    it('rates alike however many proposals are rated together, and whatever makes the seed known', async () => {
      for (const given of [
        {},
        { seedVertex: 'max-degree' },
        { inputs: 'none' },
        { seedVertex: 'none' },
        { inputs: 'profiles' },
        { inputs: 'profiles', seedVertex: 'none' },
      ] as const) {
        const options = quick(given);
        const { inputs, seedVertex } = options;
        const model = gcnSModel({ inputs, seeded: seedVertex !== 'none' }, faces.dim, [8, 4], 0);
        const weights = initialWeights(model, createRandom(3));
        const rate = (sets: ClusterProposals) =>
          rateMembers(sets, context, weights, options, () => true, testServices());
        const ratings = await rate(faces.clusters);
        const { offsets, members } = faces.clusters;
        for (let p = 0; p + 1 < offsets.length; p += 3) {
          const alone = toClusterProposals(faces.n, [[...members.subarray(offsets[p], offsets[p + 1])]]);
          expect(largestDifference(await rate(alone), ratings.subarray(offsets[p], offsets[p + 1]))).below(1e-5);
        }
        if (seedVertex !== 'random') continue;
        // the same as it is trained: with the seed as a column, or its links among the profiles
        const numbers = Int32Array.from({ length: offsets.length - 1 }, (_, p) => p);
        const batch = new ClusterGraphs(faces.clusters, faces.knn, true).batch(numbers);
        const forward = await ForwardModel.open(model, weights, testServices().compute);
        const labelledSmall = labelledClusters(small, { edgeWeights: true, target: 'iop', inputs }, 'gcn-s');
        const seeds = hashedSeeds(faces.clusters, numbers, options.seed, 0);
        const { source } = memberTraining(labelledSmall, numbers, { ...choice, seedVertex: 'random', seeds });
        const output = await forward.run(source, batch.graph);
        await forward.dispose();
        const wanted = ratings.map((_, m) => Math.exp(output[2 * m + 1]));
        expect(largestDifference(ratings, wanted)).below(1e-5);
      }
    });

    it('rates the member of a set of one, with and without a seed', async () => {
      for (const seedVertex of ['random', 'max-degree', 'none'] as const) {
        const options = quick({ seedVertex });
        const model = gcnSModel({ inputs: 'features', seeded: seedVertex !== 'none' }, faces.dim, [8, 4], 0);
        const weights = initialWeights(model, createRandom(3));
        const sets = toClusterProposals(faces.n, [[3], [], [0, 1, 2]]);
        const ratings = await rateMembers(sets, context, weights, options, () => true, testServices());
        expect(ratings.length).to.equal(4);
        expect(ratings.every((rating) => rating > 0 && rating < 1)).to.equal(true);
      }
    });

    it('leaves proposals alone that are outside the range, and rates their members 1', async () => {
      const weights = initialWeights(
        gcnSModel({ inputs: 'features', seeded: false }, faces.dim, [8, 4], 0),
        createRandom(3),
      );
      const { offsets } = faces.clusters;
      const only = await rateMembers(faces.clusters, context, weights, quick(), (p) => p === 2, testServices());
      only.forEach((rating, m) => {
        if (m < offsets[2] || m >= offsets[3]) expect(rating).to.equal(1);
        else expect(rating).within(0, 0.9999);
      });
    });

    it('of several tries keeps that with the most members that belong', async () => {
      const weights = initialWeights(
        gcnSModel({ inputs: 'features', seeded: true }, faces.dim, [8, 4], 0),
        createRandom(5),
      );
      const rate = (tries: number, seed = 1) =>
        rateMembers(faces.clusters, context, weights, quick({ tries, seed }), () => true, testServices());
      const [one, many] = [await rate(1), await rate(8)];
      const count = (ratings: Float32Array, p: number): number =>
        ratings.subarray(faces.clusters.offsets[p], faces.clusters.offsets[p + 1]).filter((rating) => rating > 0.5)
          .length;
      for (let p = 0; p + 1 < faces.clusters.offsets.length; p++) expect(count(many, p)).at.least(count(one, p));
    });

    it('learns to tell strangers', async () => {
      const fast = { epochs: 40, hidden: [16, 8], dropout: 0, batchSize: 32, learningRate: 0.05 };
      const options = quick({ ...wide, ...fast, seedVertex: 'none', optimizer: 'adam' });
      const { weights, record } = await trainGcnS([small], options, testServices());
      expect(record['proposals']).to.equal(faces.clusters.offsets.length - 1);
      const ratings = await rateMembers(faces.clusters, context, weights, options, () => true, testServices());
      const { inliers } = labelledClusters(small, { edgeWeights: true, target: 'iop', inputs: 'features' }, 'gcn-s');
      const mean = (inlier: number): number => {
        const of = ratings.filter((_, m) => inliers[m] === inlier);
        return of.reduce((sum, rating) => sum + rating, 0) / of.length;
      };
      expect(mean(1)).above(mean(0) + 0.25);
    });

    it('takes the IoP from the scorer before it, and says where the range selects nothing', async () => {
      const weights = goldenPath('gcns_random.npz');
      const warnings: string[] = [];
      const facts = new Map<string, unknown>();
      const services = testServices({
        log: { debug: () => undefined, info: () => undefined, warn: (line) => void warnings.push(line) },
        record: (name, fact) => void facts.set(name, fact),
      });
      const scorer = gcnSStage.create({ ...filled({ weights, edgeWeights: false }) }, services);
      const iops = new Float32Array(191).map((_, p) => (p === 20 ? 0.5 : 0.95));
      const scores = await scorer.score(proposals, { features, knn }, { proposals: iops });
      expect(scores.proposals).to.equal(iops);
      expect(facts.get('selected')).to.equal(1);
      const rated = scores.members!.filter((rating) => rating !== 1).length;
      expect(rated).to.equal(proposals.offsets[21] - proposals.offsets[20]);
      expect(warnings).to.deep.equal([]);
      await scorer.score(proposals, { features, knn }, defaultScores(proposals));
      expect(warnings.join()).to.contain('no proposal scores between 0.1 and 0.9, so none is cleaned');
    });

    it('has an IoP model of its own where one is named', async () => {
      const [weights, iopWeights] = [goldenPath('gcns_random.npz'), goldenPath('gcnd_random.npz')];
      const facts = new Map<string, unknown>();
      const services = testServices({ record: (name, fact) => void facts.set(name, fact) });
      const options = filled({ weights, iopWeights, minIop: -0 });
      const scorer = gcnSStage.create({ ...options }, services);
      await scorer.score(proposals, { features, knn }, defaultScores(proposals));
      const wanted = (await golden('det_scores.npz'))('gcn_max_bs1').data as Float32Array;
      expect(facts.get('selected')).to.equal(wanted.filter((score) => score >= 0 && score <= 0.9).length);
    });

    it('refuses what can not be, before anything runs or learns', async () => {
      const check = async (given: Partial<GcnSOptions>, dim: number | undefined = 256) =>
        (await gcnSStage.check({ ...filled(given) }, { n: 10, dim })).map(({ option, fact }) => `${option}: ${fact}`);
      const weights = goldenPath('gcns_random.npz');
      expect(await check({ weights })).to.deep.equal([]);
      expect(await check({ weights }, undefined), 'on an embedding').to.deep.equal([]);
      expect((await check({ weights }, 128)).join()).to.contain('layers.0.gc.weight is 257 x 64');
      expect(await check({ weights, seedVertex: 'none' })).to.deep.equal([
        'seedVertex: none, but the weights were trained with a seed vertex',
      ]);
      expect(await check({ weights, minIop: 0.9, maxIop: 0.1 })).to.deep.equal([
        'minIop: 0.9 is above the upper limit, 0.1',
      ]);
      expect((await check({ weights: goldenPath('gcnd_random.npz'), seedVertex: 'none' })).join()).to.contain(
        'classifier.weight is 1 x 32 where gcn-s',
      );
      expect((await check({ weights, iopWeights: weights })).join()).to.contain('iopWeights: ');
      const options = quick({ trainingMinIop: 0.01, trainingMaxIop: 0.02 });
      const refusal: unknown = await trainGcnS([small], options, testServices()).catch((error: unknown) => error);
      expect(refusal).instanceOf(L2cError).with.property('code', 'E_DATA');
      expect((refusal as Error).message).to.contain('no proposal has an IoP between 0.01 and 0.02');
    });
  });
});

/** All instances with a last column of 0, and a last row that is a seed alone. */
function seededTable(features: Features) {
  const seed = { n: features.n + 1, dim: features.dim, copyRows: (): void => undefined };
  const rows = {
    ...seed,
    copyRows(start: number, end: number, target: Float32Array) {
      features.copyRows(start, Math.min(end, features.n), target);
      if (end > features.n) target.fill(0, (features.n - start) * features.dim, (end - start) * features.dim);
    },
  };
  const graph = { graphs: Int32Array.of(0, features.n + 1) };
  return seededRows(rows, { graph, members: new Int32Array(0) } as never, Int32Array.of(features.n));
}

async function deoverlapper(type: string, given: Record<string, unknown>): Promise<Deoverlapper> {
  const lookup = (await loadRegistry([], process.cwd())).find('deoverlapper', type);
  if (!('found' in lookup)) throw new RangeError(`no ${type}`);
  const { definition } = lookup.found;
  return definition.create(fillOptions(definition, given).options, testServices()) as Deoverlapper;
}

describe('gcn-s keeps the contract', () => {
  const faces = tinyFaces({ sizes: [9, 7, 5, 4, 1], k: 6 });
  const some = { epochs: 2, trainingMinIop: 0, trainingMaxIop: 1, minIop: 0, maxIop: 1 };

  describeStage(gcnSStage, [
    { options: { ...some, hidden: [8, 4] }, faces },
    { options: { ...some, hidden: [6], seedVertex: 'max-degree', edgeWeights: false, dropout: 0 }, faces },
    { options: { ...some, hidden: [6, 4], seedVertex: 'none', optimizer: 'adam' }, faces },
    { options: { ...some, hidden: [4, 4], inputs: 'none', tries: 3 }, faces },
    { options: { ...some, hidden: [4, 4], inputs: 'profiles', optimizer: 'adam' }, faces },
    { options: { ...some, hidden: [4, 4], inputs: 'profiles', seedVertex: 'none' }, faces },
  ]);
});
