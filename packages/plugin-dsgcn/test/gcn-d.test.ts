import {
  createCompute,
  createRandom,
  fillOptions,
  fit,
  initialWeights,
  L2cError,
  readWeights,
  Trainer,
  writeWeights,
  type ClusterProposals,
  type Compute,
  type Features,
  type KnnGraph,
  type TrainingExample,
} from '@l2c/core';
import { describeStage, memoryCheckpoints, testServices, tinyFaces, toClusterProposals } from '@l2c/core/testing';
import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterGraphs } from '../src/cluster-graphs.js';
import { gcnDStage, type GcnDOptions } from '../src/gcn-d.js';
import { gcnDModel } from '../src/gcn-d-model.js';
import { clusterTraining, trainGcnD } from '../src/gcn-d-training.js';
import { labelledClusters } from '../src/labelled-clusters.js';
import { scoreClusters, type ClusterScoring } from '../src/score-clusters.js';
import { withoutMarks } from '../src/trained-for.js';
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
  readonly batches: number[][];
  readonly history: { loss: number }[];
}

function filled(given: Partial<GcnDOptions>): GcnDOptions {
  const { options, problems } = fillOptions(gcnDStage, { weights: 'unused', ...given });
  expect(problems).to.deep.equal([]);
  return options as unknown as GcnDOptions;
}

const small = { pool: 'max', hidden: [64, 32], edgeWeights: true } as const;

describe('gcn-d', () => {
  let features: Features;
  let knn: KnnGraph;
  let truth: Int32Array;
  let proposals: ClusterProposals;
  const engines: Compute[] = [];

  before(async () => {
    [features, knn, truth] = [await goldenFeatures(), await goldenKnn('kb'), await goldenTruth()];
    proposals = await allGoldenProposals();
    for (const engine of ['plain', 'tfjs', 'onnxruntime'] as const) {
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
    previousScores: { proposals: new Float32Array(191) },
  });

  describe('golden graphs', () => {
    it('weighted, and not', async () => {
      const file = await golden('det_graphs.npz');
      const [pick, sizes] = [file('pick').data as BigInt64Array, file('sizes').data as Int32Array];
      const numbers = Int32Array.from(pick, Number);
      for (const [edgeWeights, name] of [
        [true, 'adj'],
        [false, 'adj_wo_weight'],
      ] as const) {
        const { graph, members } = new ClusterGraphs(proposals, knn, edgeWeights).batch(numbers);
        const { offsets, indices, weights } = graph.adjacency;
        numbers.forEach((p, g) => {
          const nodes = [...(file(`g${g}_node`).data as BigInt64Array)].map(Number);
          expect(nodes.length).to.equal(sizes[p]);
          const dense = new Float32Array(nodes.length ** 2);
          for (let r = graph.graphs[g]; r < graph.graphs[g + 1]; r++) {
            for (let e = offsets[r]; e < offsets[r + 1]; e++) {
              dense[nodes.indexOf(members[r]) * nodes.length + nodes.indexOf(members[indices[e]])] = weights[e];
            }
          }
          const wanted = file(`g${g}_${name}`).data as Float32Array;
          expect(largestDifference(dense, wanted), `${name} ${g}`).below(1e-6);
        });
      }
    });

    it('labels', async () => {
      const file = await golden('det_graphs.npz');
      for (const target of ['iou', 'iop'] as const) {
        const { scores } = labelledClusters(example(), { edgeWeights: true, target, inputs: 'features' }, 'gcn-d');
        expect([...scores]).to.deep.equal([...(file(target).data as Float32Array)]);
      }
    });
  });

  describe('golden scores', () => {
    for (const [name, given] of [
      ['gcn_max', {}],
      ['gcn_max_wo', { edgeWeights: false }],
      ['gcn_mean', { pool: 'mean' }],
      ['gcn_sum', { pool: 'sum' }],
      ['sgc_max', {}],
      ['sgc_mean', { pool: 'mean' }],
      ['featureless_max', {}],
      ['default512', { edgeWeights: false }],
    ] as const) {
      it(`${name}, on every engine`, async () => {
        const info = await goldenJson<Record<string, { spec: WeightSpec[] }>>('dsgcn.json');
        const weights = generatedWeights(info[`det_${name}`].spec);
        const wanted = (await golden('det_scores.npz'))(`${name}_bs1`).data as Float32Array;
        const options: ClusterScoring = { ...small, ...given };
        for (const compute of name === 'default512' ? engines.slice(-1) : engines) {
          const services = testServices({ compute });
          const scores = await scoreClusters(proposals, { features, knn }, weights, options, services);
          expect(largestDifference(scores, wanted), compute.engine).below(1e-4);
        }
      });
    }

    it('from every container of weights', async () => {
      const wanted = (await golden('det_scores.npz'))('gcn_max_bs1').data as Float32Array;
      const services = testServices({ compute: engines.at(-1)! });
      for (const end of ['.npz', '.pth', '_legacy.pth', '_mmcv_legacy.pth', '_mmcv_module.pth']) {
        const weights = await readWeights(goldenPath(`gcnd_random${end}`));
        const scores = await scoreClusters(proposals, { features, knn }, weights, small, services);
        expect(largestDifference(scores, wanted), end).below(1e-4);
      }
    });
  });

  it('scores a proposal alike whatever comes with it', async () => {
    const info = await goldenJson<Record<string, { spec: WeightSpec[] }>>('dsgcn.json');
    const services = testServices();
    for (const [name, pool] of [
      ['gcn_mean', 'mean'],
      ['sgc_max', 'max'],
    ] as const) {
      const weights = generatedWeights(info[`det_${name}`].spec);
      const options = { ...small, pool };
      const all = await scoreClusters(proposals, { features, knn }, weights, options, services);
      for (const p of [0, 57, 190]) {
        const [start, end] = [proposals.offsets[p], proposals.offsets[p + 1]];
        const alone = toClusterProposals(2000, [[...proposals.members.subarray(start, end)].reverse()]);
        const [score] = await scoreClusters(alone, { features, knn }, weights, options, services);
        expect(score).closeTo(all[p], 1e-5);
      }
    }
  });

  describe('golden training', () => {
    for (const [name, dropout] of [
      ['gcnd', 0],
      ['gcnd_dropout', 0.5],
    ] as const) {
      const model = gcnDModel('features', 256, { network: 'gcn', pool: 'max', hidden: [64, 32], dropout });

      it(`${name}: loss and gradients of the first step`, async () => {
        const training = (await goldenJson<Record<string, Training>>('training.json'))[name];
        const labelled = labelledClusters(example(), { edgeWeights: true, target: 'iou', inputs: 'features' }, 'gcn-d');
        const trainer = await Trainer.open(model, await readWeights(goldenPath('gcnd_init.npz')), 'mse');
        const masks = dropout === 0 ? undefined : await goldenMasks(0, training.batches[0], proposals);
        const { gradients, loss } = trainer.gradients(clusterTraining(labelled, Int32Array.from(training.batches[0])), {
          masks,
        });
        trainer.dispose();
        expect(Math.abs(loss - training.history[0].loss) / loss).below(1e-4);
        const wanted = await golden(`${name}_grad_step1.npz`);
        expect(gradients.size).to.equal(4);
        for (const [weight, gradient] of gradients) {
          const values = wanted(weight).data as Float32Array;
          expect(largestDifference(gradient, values) / largestOf(values), weight).below(1e-4);
        }
      });
    }

    it('gcnd: losses and weights of 5 steps', async () => {
      const training = (await goldenJson<Record<string, Training>>('training.json'))['gcnd'];
      const labelled = labelledClusters(example(), { edgeWeights: true, target: 'iou', inputs: 'features' }, 'gcn-d');
      const steps = training.batches.map((batch) => clusterTraining(labelled, Int32Array.from(batch)));
      const task = {
        model: gcnDModel('features', 256, { network: 'gcn', pool: 'max', hidden: [64, 32], dropout: 0 }),
        loss: 'mse' as const,
        batches: () => steps,
        sameEachEpoch: false,
        initial: await readWeights(goldenPath('gcnd_init.npz')),
        fingerprint: '',
      };
      const options = { optimizer: 'sgd', epochs: 1, learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4 } as const;
      const { weights, record } = await fit(task, { ...options, milestones: [], patience: 0, seed: 1 }, testServices());
      training.history.forEach(({ loss }, step) =>
        expect(Math.abs(record.losses[step] - loss) / loss, `step ${step}`).below(1e-4),
      );
      const final = await golden('gcnd_final.npz');
      for (const [name, { values }] of weights) {
        expect(largestDifference(values, final(name).data as Float32Array), name).below(1e-4);
      }
    });
  });

  describe('on small sets', () => {
    const faces = tinyFaces({ sizes: [12, 10, 9, 8, 7, 1], k: 8 });
    const labelled: TrainingExample = {
      proposals: faces.clusters,
      context: { features: faces.features, knn: faces.knn, truth: faces.truth },
      previousScores: { proposals: new Float32Array(faces.clusters.offsets.length - 1) },
    };
    const quick = (given: Partial<GcnDOptions> = {}) => filled({ hidden: [8, 4], epochs: 6, batchSize: 4, ...given });
    const context = { features: faces.features, knn: faces.knn };
    const losses = ({ record }: { record: Readonly<Record<string, unknown>> }) => record['losses'] as number[];

    it('learns: better sets then score higher', async () => {
      const options = quick({
        epochs: 250,
        hidden: [32, 16],
        dropout: 0,
        optimizer: 'adam',
        learningRate: 0.02,
        batchSize: 32,
      });
      const { weights, record } = await trainGcnD([labelled], options, testServices());
      expect(record).to.include({ target: 'iou', proposals: faces.clusters.offsets.length - 1 });
      const scores = await scoreClusters(faces.clusters, context, withoutMarks(weights), options, testServices());
      const { scores: wanted } = labelledClusters(labelled, options, 'gcn-d');
      const mean = wanted.reduce((sum, score) => sum + score, 0) / wanted.length;
      let [left, all] = [0, 0];
      wanted.forEach((score, p) => {
        left += (scores[p] - score) ** 2;
        all += (mean - score) ** 2;
      });
      expect(left).below(0.5 * all);
    });

    it('goes on after a stop with the same losses and weights', async () => {
      const whole = await trainGcnD([labelled], quick(), testServices());
      const checkpoints = memoryCheckpoints();
      const stop = new AbortController();
      const update = (done: number): void => (done === 2 ? stop.abort() : undefined);
      const services = testServices({ checkpoints, signal: stop.signal, progress: { update } });
      const stopped: unknown = await trainGcnD([labelled], quick(), services).catch((error: unknown) => error);
      expect(stopped).to.have.property('name', 'AbortError');
      const rest = await trainGcnD([labelled], quick(), testServices({ checkpoints }));
      expect(rest.record['resumedAt']).to.equal(2);
      expect(losses(rest)).to.deep.equal(losses(whole));
      expect([...rest.weights]).to.deep.equal([...whole.weights]);
    });

    it('holds out proposals by their majority identity', async () => {
      const { record } = await trainGcnD([labelled], quick({ validation: 0.4, patience: 2 }), testServices());
      expect((record['heldOutLosses'] as number[]).every((loss) => loss > 0)).to.equal(true);
      expect(record['proposals']).below(faces.clusters.offsets.length - 1);
    });

    it('leaves out proposals of unknown identity, and refuses where none is left', async () => {
      const unknown = faces.truth.map((identity) => (identity === 0 ? -1 : identity));
      const some = { ...labelled, context: { ...labelled.context, truth: unknown } };
      const { record } = await trainGcnD([some], quick(), testServices());
      expect(record['proposals']).below(faces.clusters.offsets.length - 1);
      const none = { ...labelled, proposals: toClusterProposals(faces.n, []) };
      const refusal: unknown = await trainGcnD([none], quick(), testServices()).catch((error: unknown) => error);
      expect(refusal).instanceOf(L2cError).with.property('code', 'E_DATA');
      const one = { ...labelled, context: { ...labelled.context, truth: faces.truth.map(() => 7) } };
      const other: unknown = await trainGcnD([one], quick(), testServices()).catch((error: unknown) => error);
      expect((other as Error).message).to.contain('all instances are of one identity');
    });

    it('scores sets of one member, and sets nobody of which is anybody’s neighbour', async () => {
      const weights = initialWeights(gcnDModel('features', faces.dim, quick({ network: 'gcn' })), createRandom(1));
      const sets = toClusterProposals(faces.n, [[3], [0, 1, 2], []]);
      const lonely = { ...faces.knn, ids: faces.knn.ids.map(() => -1) };
      const options = { ...small, hidden: [8, 4] };
      const scores = await scoreClusters(sets, { ...context, knn: lonely }, weights, options, testServices());
      expect(scores.length).to.equal(3);
      expect(scores.every((score) => Number.isFinite(score))).to.equal(true);
      expect(scores[2]).to.equal(weights.get('classifier.bias')!.values[0]);
    });

    it('refuses weights that are not its own, or of another target, before anything runs', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'l2c-dsgcn-'));
      const check = async (given: Partial<GcnDOptions>, dim: number | undefined = 256) =>
        (await gcnDStage.check({ ...filled(given) }, { n: 10, dim })).map(({ option, fact }) => `${option}: ${fact}`);
      const weights = goldenPath('gcnd_random.npz');
      expect(await check({ weights })).to.deep.equal([]);
      expect(await check({ weights }, undefined), 'on an embedding').to.deep.equal([]);
      expect(await check({ weights }, 128)).to.deep.equal([
        'weights: layers.0.gc.weight is 256 x 64 where gcn-d on 128 dimensions needs 128 x 64',
      ]);
      expect((await check({ weights: goldenPath('gcns_random.npz') })).join('\n')).to.contain(
        'classifier.weight is 2 x 32 where gcn-d',
      );
      const { weights: trained } = await trainGcnD([labelled], quick({ target: 'iop', epochs: 1 }), testServices());
      const own = join(folder, 'iop.safetensors');
      await writeWeights(own, trained);
      expect(await check({ weights: own, target: 'iop' }, faces.dim)).to.deep.equal([]);
      expect(await check({ weights: own }, faces.dim)).to.deep.equal([
        'weights: the weights were trained for target iop, not iou',
      ]);
      expect(await check({ weights: own, target: 'iop', pool: 'mean' }, faces.dim)).to.deep.equal([
        'weights: the weights were trained for pool max, not mean',
      ]);
      rmSync(folder, { recursive: true });
    });
  });
});

/** The rows that dropout keeps, without those that the reference pads: by the index of their layer. */
async function goldenMasks(step: number, batch: readonly number[], { offsets }: ClusterProposals) {
  const file = await golden('gcnd_dropout_masks.npz');
  const masks = new Map<number, Float32Array>();
  for (const layer of [0, 1]) {
    const { shape, data } = file(`step${step}_layer${layer}`);
    const kept = batch.flatMap((p, g) =>
      [...(data as Uint8Array).subarray(g * shape[1], g * shape[1] + offsets[p + 1] - offsets[p])].map(Number),
    );
    masks.set(3 * layer + 2, Float32Array.from(kept));
  }
  return masks;
}

describe('gcn-d keeps the contract', () => {
  const faces = tinyFaces({ sizes: [9, 7, 5, 4, 1], k: 6 });

  describeStage(gcnDStage, [
    { options: { epochs: 2, hidden: [8, 4] }, faces },
    { options: { epochs: 2, hidden: [6], pool: 'mean', target: 'iop', edgeWeights: false, dropout: 0 }, faces },
    { options: { epochs: 2, hidden: [1, 1, 1], network: 'sgc', pool: 'sum', optimizer: 'adam' }, faces },
    { options: { epochs: 2, hidden: [4, 4], inputs: 'none', pool: 'sum' }, faces },
    { options: { epochs: 2, hidden: [4, 4], inputs: 'profiles', pool: 'mean', optimizer: 'adam' }, faces },
  ]);
});
