import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createCompute,
  createRandom,
  Features,
  fillOptions,
  fit,
  ForwardModel,
  initialWeights,
  L2cError,
  loadRegistry,
  normalise,
  projectedRows,
  readWeights,
  Trainer,
  writeWeights,
  type Compute,
  type Deoverlapper,
  type EdgeProposals,
  type KnnGraph,
  type TrainingExample,
} from '@l2c/core';
import { describeStage, expectLabels, memoryCheckpoints, testServices, tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { connectivity, type Connectivity } from '../src/connectivity.js';
import { gcnE, gcnEStage, type GcnEOptions } from '../src/gcn-e.js';
import { gcnEModel, gcnEModelOf } from '../src/gcn-e-model.js';
import { labelledSubGraphs, subGraphTraining, trainGcnE } from '../src/gcn-e-training.js';
import { keepBestLinks, linkScores } from '../src/link-scores.js';
import {
  golden,
  goldenJson,
  goldenKnn,
  goldenNumbers,
  goldenPath,
  goldenTruth,
  largestDifference,
  largestOf,
} from './golden.js';

interface Training {
  readonly gcne: {
    readonly order: number[];
    readonly pivots: number[];
    readonly history: { loss: number }[];
    readonly num_subgraphs: number;
  };
}

const { log } = testServices();

function filled(given: Partial<GcnEOptions>): GcnEOptions {
  const { options, problems } = fillOptions(gcnEStage, { weights: 'unused', ...given });
  expect(problems).to.deep.equal([]);
  return options as unknown as GcnEOptions;
}

/** Every link of a graph, as `knn-edges` proposes them. */
function edgesOf({ n, k, ids, similarities }: KnnGraph): EdgeProposals {
  const offsets = Int32Array.from({ length: n + 1 }, (_, i) => i * k);
  return { kind: 'edges', n, offsets, targets: ids, similarities };
}

describe('gcn-e', () => {
  let features: Features;
  let knn: KnnGraph;
  let confidences: Float32Array;
  let truth: Int32Array;
  let edges: EdgeProposals;
  const engines: Compute[] = [];

  before(async () => {
    const hidden = await goldenNumbers('vegcn/gcnv_trained_out.npz', 'gcn_feat');
    features = normalise(Features.from(hidden, 64));
    confidences = Float32Array.from(await goldenNumbers('vegcn/gcnv_trained_out.npz', 'pred_confs'));
    knn = await goldenKnn('vegcn/gcnv_trained_featknn.npz');
    truth = await goldenTruth();
    edges = edgesOf(knn);
    for (const engine of ['plain', 'tfjs', 'onnxruntime'] as const) {
      try {
        engines.push(await createCompute({ engine, device: 'cpu', threads: 0 }, log));
      } catch (error) {
        if (engine !== 'onnxruntime') throw error; // it is optional
      }
    }
  });
  after(async () => {
    for (const compute of engines) await compute.dispose();
  });

  const example = (): TrainingExample => ({
    proposals: edges,
    context: { features, knn, truth },
    previousScores: { proposals: edges.similarities, vertices: confidences },
  });

  describe('golden sub-graphs', () => {
    for (const [name, given] of [
      ['default', {}],
      ['no_candidate', { candidatesOnly: false, ignoreRatio: 0.95 }],
      ['ignore_big', { ignoreSmallConfidence: false, ignoreRatio: 0.9 }],
      ['conn2', { ignoreRatio: 0.9 }],
      ['all_ignored', { ignoreRatio: 1 }],
      ['th0.5', { ignoreRatio: 0.9, minSimilarity: 0.5 }],
    ] as const) {
      it(name, async () => {
        const { graphs, batcher } = labelledSubGraphs(example(), filled(given));
        const wanted = await golden(`vegcn/gcne_ds_${name}.npz`);
        const [pointers, nodes] = [wanted('nbr_ptr').data as Int32Array, wanted('nbrs').data as Int32Array];
        expect([...graphs.pivots]).to.deep.equal([...(wanted('pivots').data as Int32Array)]);
        expect([...graphs.offsets]).to.deep.equal([...pointers]);
        for (let g = 0; g < graphs.pivots.length; g++) {
          const found = graphs.members.slice(graphs.offsets[g], graphs.offsets[g + 1]).sort();
          expect([...found]).to.deep.equal([...nodes.slice(pointers[g], pointers[g + 1]).sort()]);
        }
        if (!['default', 'no_candidate', 'th0.5'].includes(name)) return;
        const sample = Int32Array.from(wanted('sample').data as BigInt64Array, Number);
        const { graph, members, pivots } = batcher.batch(sample);
        const { offsets, indices, weights } = graph.adjacency;
        sample.forEach((g, s) => {
          const ids = [...nodes.slice(pointers[g], pointers[g + 1])];
          const size = ids.length;
          const dense = new Float32Array(size * size);
          for (let r = graph.graphs[s]; r < graph.graphs[s + 1]; r++) {
            expect(pivots[r]).to.equal(graphs.pivots[g]);
            for (let e = offsets[r]; e < offsets[r + 1]; e++) {
              dense[ids.indexOf(members[r]) * size + ids.indexOf(members[indices[e]])] = weights[e];
            }
          }
          expect(largestDifference(dense, wanted(`sample${s}_adj`).data as Float32Array), `sample ${s}`).below(1e-6);
        });
      });
    }

    it('the others link to their nearest more confident neighbours', async () => {
      for (const [name, given, most] of [
        ['default', {}, 1],
        ['conn2', { ignoreRatio: 0.9 }, 2],
        ['all_ignored', { ignoreRatio: 1 }, 1],
      ] as const) {
        const { graphs } = labelledSubGraphs(example(), filled(given));
        const pivots = new Set(graphs.pivots);
        const { values } = linkScores(edges, confidences);
        keepBestLinks(edges, values, most);
        const wanted = (await golden(`vegcn/gcne_ds_${name}.npz`))('direct_peaks').data as Int32Array;
        for (let i = 0; i < knn.n; i++) {
          if (pivots.has(i)) continue;
          const found = [...values.subarray(i * knn.k, (i + 1) * knn.k).keys()]
            .filter((c) => values[i * knn.k + c] > 0)
            .map((c) => knn.ids[i * knn.k + c]);
          const peaks = [...wanted.subarray(i * most, (i + 1) * most)].filter((peak) => peak !== -1);
          expect(found, `${name} ${i}`).to.deep.equal(peaks);
        }
      }
    });
  });

  it('golden forward, on every engine', async () => {
    const weights = await readWeights(goldenPath('vegcn/gcne_random.pth'));
    const output = await golden('vegcn/gcne_random_out.npz');
    const dataset = await golden('vegcn/gcne_ds_default.npz');
    const [pointers, nodes] = [dataset('nbr_ptr').data as Int32Array, dataset('nbrs').data as Int32Array];
    const wanted = output('logp').data as Float32Array;
    for (const compute of engines) {
      const model = await ForwardModel.open(gcnEModelOf(weights, 64), weights, compute, { shared: true });
      let g = 0;
      let furthest = 0;
      const take = ({ members, logProbabilities }: Connectivity): void => {
        const ids = [...nodes.subarray(pointers[g], pointers[g + 1])];
        members.forEach((member, m) => {
          const at = 2 * (pointers[g] + ids.indexOf(member));
          for (const c of [0, 1]) furthest = Math.max(furthest, Math.abs(logProbabilities[2 * m + c] - wanted[at + c]));
        });
        g++;
      };
      await connectivity(
        model,
        (used) => projectedRows(model, features, used),
        knn,
        confidences,
        filled({}),
        testServices(),
        take,
      );
      expect(g).to.equal(392);
      expect(furthest, compute.engine).below(1e-4);
      await model.dispose();
    }
  });

  it('golden clusters, through confidence-tree, from every container of weights', async () => {
    const registry = await loadRegistry([], process.cwd());
    const lookup = registry.find('deoverlapper', 'confidence-tree');
    if (!('found' in lookup)) throw new RangeError('no confidence-tree');
    const output = await golden('vegcn/gcne_random_out.npz');
    const services = testServices({ compute: engines.at(-1)! });
    for (const end of ['.pth', '.npz', '_legacy.pth', '_mmcv_module.pth']) {
      const weights = await readWeights(goldenPath(`vegcn/gcne_random${end}`));
      const scores = await gcnE(edges, { features, knn }, confidences, weights, filled({}), services);
      for (const [name, minSimilarity] of [
        ['raw_labels', 0.8],
        ['tau0.5', 0.5],
        ['tau0.7', 0.7],
        ['tau0.9', 0.9],
      ] as const) {
        const stage = lookup.found.definition.create({ minSimilarity, maxConnections: 1 }, services);
        const labels = await (stage as Deoverlapper).deoverlap(
          edges,
          { proposals: scores, vertices: confidences },
          { features },
        );
        expectLabels(labels, Float64Array.from(output(name).data as BigInt64Array, Number));
      }
    }
  });

  describe('golden training', () => {
    const graphsOf = () => labelledSubGraphs(example(), filled({ ignoreRatio: 0.7 }));

    it('gradients of the first step', async () => {
      const { gcne } = await goldenJson<Training>('training/training.json');
      const graphs = graphsOf();
      expect(graphs.graphs.pivots.length).to.equal(gcne.num_subgraphs);
      const trainer = await Trainer.open(
        gcnEModel(64, 64),
        await readWeights(goldenPath('training/gcne_init.npz')),
        'nll',
      );
      const order = Int32Array.from(gcne.order);
      expect([...order].map((g) => graphs.graphs.pivots[g])).to.deep.equal(gcne.pivots);
      const { gradients } = trainer.gradients(subGraphTraining(graphs, order.subarray(0, 8)));
      trainer.dispose();
      const wanted = await golden('training/gcne_grad_step1.npz');
      expect(gradients.size).to.equal(13);
      for (const [name, gradient] of gradients) {
        const values = wanted(name).data as Float32Array;
        expect(largestDifference(gradient, values) / largestOf(values), name).below(1e-4);
      }
    });

    it('losses and weights of 5 steps', async () => {
      const { gcne } = await goldenJson<Training>('training/training.json');
      const graphs = graphsOf();
      const order = Int32Array.from(gcne.order);
      const steps = [0, 8, 16, 24, 32].map((first) => subGraphTraining(graphs, order.subarray(first, first + 8)));
      const task = {
        model: gcnEModel(64, 64),
        loss: 'nll' as const,
        batches: () => steps,
        sameEachEpoch: false,
        initial: await readWeights(goldenPath('training/gcne_init.pth')),
        fingerprint: '',
      };
      const options = { optimizer: 'sgd', epochs: 1, learningRate: 0.1, momentum: 0.9, weightDecay: 1e-5 } as const;
      const { weights, record } = await fit(task, { ...options, milestones: [], patience: 0, seed: 1 }, testServices());
      gcne.history.forEach(({ loss }, step) =>
        expect(Math.abs(record.losses[step] - loss) / loss, `step ${step}`).below(1e-3),
      );
      const final = await golden('training/gcne_final.npz');
      for (const [name, { values }] of weights) {
        expect(largestDifference(values, final(name).data as Float32Array), name).below(1e-4);
      }
    });
  });

  describe('on small sets', () => {
    const faces = tinyFaces({ sizes: [12, 10, 9, 8, 7, 1], k: 8 });
    const confidence = faces.confidence;
    const small: TrainingExample = {
      proposals: faces.edges,
      context: { features: faces.features, knn: faces.knn, truth: faces.truth },
      previousScores: { proposals: faces.edges.similarities, vertices: confidence },
    };
    const quick = (given: Partial<GcnEOptions> = {}) =>
      filled({ hidden: 8, epochs: 6, batchSize: 4, ignoreRatio: 0, ...given });
    const losses = ({ record }: { record: Readonly<Record<string, unknown>> }) => record['losses'] as number[];

    it('learns, and links of one identity then score higher', async () => {
      const options = quick({ epochs: 60, hidden: 16, learningRate: 0.05 });
      const { weights } = await trainGcnE([small], options, testServices());
      const context = { features: faces.features, knn: faces.knn };
      const scores = await gcnE(faces.edges, context, confidence, weights, options, testServices());
      let [right, wrong, rights, wrongs] = [0, 0, 0, 0];
      for (let i = 0; i < faces.n; i++) {
        for (let e = faces.edges.offsets[i]; e < faces.edges.offsets[i + 1]; e++) {
          const j = faces.edges.targets[e];
          if (!(confidence[j] > confidence[i])) expect(scores[e]).to.equal(0);
          else if (faces.truth[i] === faces.truth[j]) [right, rights] = [right + scores[e], rights + 1];
          else [wrong, wrongs] = [wrong + scores[e], wrongs + 1];
        }
      }
      expect(right / rights).above(wrong / wrongs + 0.5);
    });

    it('goes on after a stop with the same losses and weights', async () => {
      const whole = await trainGcnE([small], quick(), testServices());
      const checkpoints = memoryCheckpoints();
      const stop = new AbortController();
      const update = (done: number): void => (done === 2 ? stop.abort() : undefined);
      const services = testServices({ checkpoints, signal: stop.signal, progress: { update } });
      let stopped: unknown;
      await trainGcnE([small], quick(), services).catch((error: unknown) => (stopped = error));
      expect(stopped).to.have.property('name', 'AbortError');
      const rest = await trainGcnE([small], quick(), testServices({ checkpoints }));
      expect(rest.record['resumedAt']).to.equal(2);
      expect(losses(rest)).to.deep.equal(losses(whole));
      expect([...rest.weights]).to.deep.equal([...whole.weights]);
    });

    it('holds out sub-graphs by the identity of their pivot', async () => {
      const { record } = await trainGcnE([small], quick({ validation: 0.4, patience: 2 }), testServices());
      expect((record['heldOutLosses'] as number[]).every((loss) => loss > 0)).to.equal(true);
    });

    it('keeps the highest scores', () => {
      const scores = faces.edges.similarities.map((_, e) => (e * 7) % 11);
      const kept = scores.slice();
      keepBestLinks(faces.edges, kept, 2);
      for (let i = 0; i < faces.n; i++) {
        const [start, end] = [faces.edges.offsets[i], faces.edges.offsets[i + 1]];
        const best = [...scores.subarray(start, end)].sort((a, b) => b - a).slice(0, 2);
        expect([...kept.subarray(start, end)].filter((score) => score > 0).sort((a, b) => b - a)).to.deep.equal(
          best.filter((score) => score > 0),
        );
      }
    });

    it('leaves similarities where all confidences are equal: nobody is a candidate', async () => {
      const weights = initialWeights(gcnEModel(faces.dim, 8), createRandom(1));
      const equal = new Float32Array(faces.n).fill(0.5);
      const context = { features: faces.features, knn: faces.knn };
      const scores = await gcnE(faces.edges, context, equal, weights, quick(), testServices());
      expect(scores.every((score) => score === 0)).to.equal(true);
    });

    it('refuses to run without confidences, and to train without sub-graphs', async () => {
      const stage = gcnEStage.create({ ...quick() }, testServices());
      let error: unknown;
      const context = { features: faces.features, knn: faces.knn };
      const scoring = Promise.resolve(stage.score(faces.edges, context, { proposals: faces.edges.similarities }));
      await scoring.catch((thrown: unknown) => (error = thrown));
      expect(error).instanceOf(L2cError).with.property('code', 'E_STAGE');
      expect((error as Error).message).to.contain('no scorer gave a confidence per instance');
      await trainGcnE([small], quick({ ignoreRatio: 1 }), testServices()).catch((thrown: unknown) => (error = thrown));
      expect((error as Error).message).to.contain('no instance has a sub-graph');
    });

    it('learns from the sub-graphs that trainingIgnoreRatio leaves', async () => {
      const count = async (given: Partial<GcnEOptions>) =>
        (await trainGcnE([small], quick(given), testServices())).record['subGraphs'] as number;
      const [few, many] = [await count({ ignoreRatio: 0.6 }), await count({ ignoreRatio: 0.1 })];
      expect(few).below(many);
      expect(await count({ ignoreRatio: 0.1, trainingIgnoreRatio: 0.6 })).to.equal(few);
      expect(await count({ ignoreRatio: 0.6, trainingIgnoreRatio: 0.1 })).to.equal(many);
    });

    it('takes isolated instances and negative similarities, to score and to learn from', async () => {
      const { k } = faces.knn;
      const knn = { ...faces.knn, ids: faces.knn.ids.slice(), similarities: faces.knn.similarities.slice() };
      knn.ids.fill(-1, 0, k);
      knn.similarities.fill(-Infinity, 0, k);
      knn.similarities.fill(-0.5, 2 * k - 3, 2 * k);
      const example = { ...small, context: { ...small.context, knn } };
      for (const given of [{}, { minSimilarity: -1 }, { inputs: 'profiles' }] as const) {
        const { weights, record } = await trainGcnE([example], quick({ ignoreRatio: 0, ...given }), testServices());
        expect((record['losses'] as number[]).every(Number.isFinite)).to.equal(true);
        const context = { features: faces.features, knn };
        const options = quick({ ignoreRatio: 0, ...given });
        const scores = await gcnE(faces.edges, context, faces.confidence, weights, options, testServices());
        expect(scores.every(Number.isFinite)).to.equal(true);
      }
    });

    it('refuses data without identities, or with one', async () => {
      for (const [label, fact] of [
        [-1, 'no instance has a known identity'],
        [3, 'all instances are of one identity'],
      ] as const) {
        const context = { ...small.context, truth: new Int32Array(faces.n).fill(label) };
        let error: unknown;
        await trainGcnE([{ ...small, context }], quick(), testServices()).catch((thrown: unknown) => (error = thrown));
        expect(error).instanceOf(L2cError).with.property('code', 'E_DATA');
        expect((error as Error).message).to.contain(fact);
      }
    });

    it('refuses NaN in weights', async () => {
      const weights = initialWeights(gcnEModel(faces.dim, 8), createRandom(1));
      weights.get('conv3.weight')!.values[5] = NaN;
      const folder = mkdtempSync(join(tmpdir(), 'l2c-gcn-e-'));
      const file = join(folder, 'nan.safetensors');
      await writeWeights(file, weights);
      let error: unknown;
      await gcnEStage.check({ weights: file }, { n: 9, dim: faces.dim }).catch((thrown: unknown) => (error = thrown));
      rmSync(folder, { recursive: true });
      expect(error).instanceOf(L2cError).with.property('code', 'E_WEIGHTS');
      expect((error as Error).message).to.contain('conv3.weight');
    });

    it('refuses weights that are not its own before anything runs', async () => {
      const check = (dim: number | undefined) =>
        gcnEStage.check({ weights: goldenPath('vegcn/gcne_random.npz') }, { n: 10, dim });
      expect(await check(64)).to.deep.equal([]);
      expect(await check(undefined), 'on an embedding').to.deep.equal([]);
      expect((await check(256)).map(({ fact }) => fact)).to.deep.equal([
        'conv1.weight is 128 x 64 where gcn-e on 256 dimensions needs 512 x 64',
      ]);
      const bad = await gcnEStage.check({ weights: goldenPath('vegcn/gcnv_random.npz') }, { n: 10, dim: 256 });
      expect(bad.map(({ fact }) => fact).join('\n')).to.contain('conv2.weight is missing');
    });
  });
});

describe('gcn-e keeps the contract', () => {
  const faces = tinyFaces({ sizes: [12, 10, 9, 8, 7, 1], k: 8 });

  describeStage(gcnEStage, [
    { options: { epochs: 2, hidden: 8, ignoreRatio: 0.2 }, faces },
    { options: { epochs: 2, hidden: 4, ignoreRatio: 0.5, candidatesOnly: false, maxConnections: 1 }, faces },
    { options: { epochs: 2, hidden: 4, ignoreRatio: 0, inputs: 'profiles', optimizer: 'adam' }, faces },
    { options: { epochs: 2, hidden: 4, ignoreRatio: 0, rotations: true }, faces },
  ]);
});
