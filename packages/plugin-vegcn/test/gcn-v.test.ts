import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createCompute,
  createRandom,
  fillOptions,
  initialWeights,
  L2cError,
  loadRegistry,
  Trainer,
  readWeights,
  writeWeights,
  type Compute,
  type EdgeProposals,
  type Features,
  type KnnGraph,
  type StageInterfaces,
} from '@l2c/core';
import { describeStage, expectLabels, testServices, tinyFaces, memoryCheckpoints } from '@l2c/core/testing';
import { expect } from 'chai';
import { confidenceTarget } from '../src/confidence-targets.js';
import { gcnV, gcnVStage, type GcnVOptions } from '../src/gcn-v.js';
import { gcnVModel, gcnVProfileModel } from '../src/gcn-v-model.js';
import { trainGcnV } from '../src/gcn-v-training.js';
import { knnAdjacency } from '../src/knn-adjacency.js';
import {
  generatedWeights,
  golden,
  goldenFeatures,
  goldenJson,
  goldenKnn,
  goldenNumbers,
  goldenPath,
  goldenTruth,
  largestDifference,
  largestOf,
  type WeightSpec,
} from './golden.js';

const silent = testServices().log;
const folder = mkdtempSync(join(tmpdir(), 'l2c-gcn-v-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Info {
  readonly gcnv_random_default512: { readonly spec: WeightSpec[] };
}
interface Training {
  readonly gcnv: { readonly history: { loss: number; lr: number }[]; readonly lr_steps: number[] };
}

function filled(given: Partial<GcnVOptions>): GcnVOptions {
  const { options, problems } = fillOptions(gcnVStage, { weights: 'unused', ...given });
  expect(problems).to.deep.equal([]);
  return options as unknown as GcnVOptions;
}

describe('gcn-v', () => {
  let features: Features;
  let knn: KnnGraph;
  let truth: Int32Array;
  const engines = new Map<string, Compute>();

  before(async () => {
    features = await goldenFeatures();
    knn = await goldenKnn('data/faiss_k_80.npz');
    truth = await goldenTruth();
    for (const engine of ['plain', 'tfjs', 'onnxruntime'] as const) {
      try {
        engines.set(engine, await createCompute({ engine, device: 'cpu', threads: 0 }, silent));
      } catch (error) {
        if (engine !== 'onnxruntime') throw error; // it is optional
      }
    }
  });
  after(async () => {
    for (const compute of engines.values()) await compute.dispose();
  });

  const forward = (weights: Awaited<ReturnType<typeof readWeights>>, compute: Compute, minSimilarity = 0) =>
    gcnV(features, knn, weights, { minSimilarity }, testServices({ compute }));

  describe('golden forward', () => {
    for (const engine of ['plain', 'tfjs', 'onnxruntime']) {
      it(`on ${engine}`, async function () {
        const compute = engines.get(engine);
        if (compute === undefined) return this.skip();
        const weights = await readWeights(goldenPath('vegcn/gcnv_random.pth'));
        const { vertices, embedding } = await forward(weights, compute);
        expect(largestDifference(vertices, await goldenNumbers('vegcn/gcnv_random_small_out.npz', 'pred_confs'))).below(
          1e-4,
        );
        const hidden = await goldenNumbers('vegcn/gcnv_random_small_out.npz', 'gcn_feat');
        expect(largestDifference(embedding.blocks[0], normalised(hidden, 64))).below(1e-4);
      });
    }

    it('from every container of weights', async () => {
      const compute = engines.get('onnxruntime') ?? engines.get('tfjs')!;
      const expected = await goldenNumbers('vegcn/gcnv_random_small_out.npz', 'pred_confs');
      const safetensors = join(folder, 'gcnv.safetensors');
      await writeWeights(safetensors, await readWeights(goldenPath('vegcn/gcnv_random.npz')));
      const files = ['.pth', '.npz', '_legacy.pth', '_mmcv_module.pth'].map((end) =>
        goldenPath(`vegcn/gcnv_random${end}`),
      );
      for (const file of [...files, safetensors]) {
        const { vertices } = await forward(await readWeights(file), compute);
        expect(largestDifference(vertices, expected), file).below(1e-4);
      }
    });

    it('with 512 hidden features, and with a threshold', async () => {
      const compute = engines.get('onnxruntime') ?? engines.get('tfjs')!;
      const { gcnv_random_default512: wide } = await goldenJson<Info>('vegcn/info.json');
      const { vertices } = await forward(generatedWeights(wide.spec), compute);
      const expected = await goldenNumbers('vegcn/gcnv_random_default512_out.npz', 'pred_confs');
      expect(largestDifference(vertices, expected)).below(1e-4);
      const small = await readWeights(goldenPath('vegcn/gcnv_random.npz'));
      const cut = await forward(small, compute, 0.4);
      const expectedCut = await goldenNumbers('vegcn/gcnv_random_small_th0.4_out.npz', 'pred_confs');
      expect(largestDifference(cut.vertices, expectedCut)).below(1e-4);
    });
  });

  it('golden clusters: on the input at 0.65, and on its embedding at 0.8', async () => {
    const compute = engines.get('onnxruntime') ?? engines.get('tfjs')!;
    const services = testServices({ compute });
    const registry = await loadRegistry([], process.cwd());
    const stage = <Kind extends 'knnBuilder' | 'deoverlapper'>(kind: Kind, type: string, options: object) => {
      const lookup = registry.find(kind, type);
      if (!('found' in lookup)) throw new RangeError(`no ${type}`);
      const { options: given } = fillOptions(lookup.found.definition, { ...options });
      return lookup.found.definition.create(given, services) as StageInterfaces[Kind];
    };
    const cluster = async (graph: KnnGraph, vertices: Float32Array, minSimilarity: number) => {
      const edges = edgesOf(graph);
      const tree = stage('deoverlapper', 'confidence-tree', { minSimilarity });
      return tree.deoverlap(edges, { proposals: edges.similarities, vertices }, { features });
    };
    const labels = await golden('vegcn/gcnv_trained_labels.npz');
    const { vertices, embedding } = await forward(await readWeights(goldenPath('vegcn/gcnv_trained.pth')), compute);
    expect(largestDifference(vertices, await goldenNumbers('vegcn/gcnv_trained_out.npz', 'pred_confs'))).below(1e-4);
    expectLabels(await cluster(knn, vertices, 0.65), labels('labels_tau0').data as Int32Array);
    const again = await stage('knnBuilder', 'exact', { k: 79 }).build(embedding);
    expectLabels(await cluster(again, vertices, 0.8), labels('labels_feat_tau').data as Int32Array);
  });

  for (const products of ['plain', 'onnxruntime'] as const) {
    describe(`golden training, large products by ${products === 'plain' ? 'TensorFlow.js' : products}`, () => {
      const computeOr = (test: Mocha.Context): Compute => {
        const compute = engines.get(products);
        return compute ?? test.skip();
      };
      const opened = async (compute: Compute) => {
        const initial = await readWeights(goldenPath('training/gcnv_init.pth'));
        return Trainer.open(gcnVModel(256, 64), initial, 'mse', { compute });
      };

      it('gradients of the first step', async function () {
        const trainer = await opened(computeOr(this));
        const ones = new Float32Array(2000).fill(1);
        const batch = {
          source: features,
          graph: { adjacency: knnAdjacency(knn, 0) },
          targets: confidenceTarget('s_nbr', features, knn, truth),
          weights: ones,
        };
        const { gradients } = trainer.gradients(batch);
        trainer.dispose();
        const expected = await golden('training/gcnv_grad_step1.npz');
        expect(gradients.size).to.equal(7);
        for (const [name, gradient] of gradients) {
          const wanted = expected(name).data as Float32Array;
          expect(largestDifference(gradient, wanted) / largestOf(wanted), name).below(1e-4);
        }
      });

      it('losses and weights of 50 epochs', async function () {
        const compute = computeOr(this);
        const { gcnv } = await goldenJson<Training>('training/training.json');
        const options = filled({ epochs: 50, hidden: 64, initialWeights: goldenPath('training/gcnv_init.pth') });
        const example = {
          proposals: emptyEdges(2000),
          context: { features, knn, truth },
          previousScores: { proposals: new Float32Array(0) },
        };
        const { weights, record } = await trainGcnV([example], options, testServices({ compute }));
        const losses = record['losses'] as number[];
        expect(losses).to.have.length(50);
        gcnv.history.forEach(({ loss, lr }, epoch) => {
          expect(Math.abs(losses[epoch] - loss) / loss, `epoch ${epoch}`).below(1e-3);
          expect((record['learningRates'] as number[])[epoch]).closeTo(lr, 1e-12);
        });
        const final = await golden('training/gcnv_final.npz');
        for (const [name, { values }] of weights) {
          expect(largestDifference(values, final(name).data as Float32Array), name).below(1e-4);
        }
      });
    });
  }

  describe('training', () => {
    const faces = tinyFaces({ sizes: [12, 10, 9, 8, 7, 1], k: 6 });
    const example = {
      proposals: faces.edges,
      context: { features: faces.features, knn: faces.knn, truth: faces.truth },
      previousScores: { proposals: faces.edges.similarities },
    };
    const quick = (given: Partial<GcnVOptions> = {}) => filled({ hidden: 8, epochs: 12, ...given });
    const losses = ({ record }: { record: Readonly<Record<string, unknown>> }) => record['losses'] as number[];

    it('goes on after a stop with the same losses and weights', async () => {
      const whole = await trainGcnV([example], quick(), testServices());
      const checkpoints = memoryCheckpoints();
      const stop = new AbortController();
      const services = testServices({
        checkpoints,
        signal: stop.signal,
        progress: { update: (done) => (done === 5 ? stop.abort() : undefined) },
      });
      let stopped: unknown;
      await trainGcnV([example], quick(), services).catch((error: unknown) => (stopped = error));
      expect(stopped).to.have.property('name', 'AbortError');
      const rest = await trainGcnV([example], quick(), testServices({ checkpoints }));
      expect(rest.record['resumedAt']).to.equal(5);
      expect(losses(rest)).to.deep.equal(losses(whole));
      expect([...rest.weights]).to.deep.equal([...whole.weights]);
      const other = await trainGcnV([example], quick({ learningRate: 0.05 }), testServices({ checkpoints }));
      expect(other.record['resumedAt']).to.equal(0);
    });

    it('holds out identities, stops early and keeps the best weights', async () => {
      const options = quick({ validation: 0.4, patience: 3, epochs: 400, learningRate: 0.2 });
      const { record } = await trainGcnV([example], options, testServices());
      const heldOut = record['heldOutLosses'] as number[];
      expect(record['stoppedEarly']).to.equal(true);
      expect(record['bestEpoch']).to.equal(heldOut.indexOf(Math.min(...heldOut)));
      expect(heldOut).to.have.length((record['bestEpoch'] as number) + 4);
    });

    it('learns the confidences of a small set, by sgd and by adam', async () => {
      for (const given of [{}, { optimizer: 'adam', learningRate: 0.01 }] as const) {
        const curve = losses(await trainGcnV([example], quick({ epochs: 200, hidden: 32, ...given }), testServices()));
        expect(curve.at(-1)!).below(0.1 * curve[0]);
      }
    });

    it('refuses data without identities, or with one', async () => {
      const relabelled = (label: number) => ({
        ...example,
        context: { ...example.context, truth: new Int32Array(faces.n).fill(label) },
      });
      for (const [label, fact] of [
        [-1, 'no instance has a known identity'],
        [3, 'all instances are of one identity'],
      ] as const) {
        let error: unknown;
        await trainGcnV([relabelled(label)], quick(), testServices()).catch((thrown: unknown) => (error = thrown));
        expect(error).instanceOf(L2cError).with.property('code', 'E_DATA');
        expect((error as Error).message).to.contain(fact);
      }
    });
  });

  describe('bad input', () => {
    it('names the layer and the dimensions of weights that do not fit', async () => {
      const [problem] = await gcnVStage.check({ weights: goldenPath('vegcn/gcnv_random.npz') }, { n: 10, dim: 128 });
      expect(problem.fact).to.equal('conv1.weight is 512 x 64 where gcn-v on 128 dimensions needs 256 x 64');
      expect(
        await gcnVStage.check({ weights: goldenPath('vegcn/gcnv_random.npz') }, { n: 10, dim: 256 }),
      ).to.deep.equal([]);
    });

    it('does not judge weights by dimensions that are not known yet', async () => {
      const check = (file: string) => gcnVStage.check({ weights: goldenPath(file) }, { n: 10, dim: undefined });
      expect(await check('vegcn/gcnv_random.npz')).to.deep.equal([]);
      expect((await check('vegcn/gcne_random.npz')).map(({ option }) => option)).to.include('weights');
    });

    it('says that weights are those of another model', async () => {
      const problems = await gcnVStage.check({ weights: goldenPath('vegcn/gcne_random.npz') }, { n: 10, dim: 64 });
      expect(problems.map(({ fact }) => fact).join('\n')).to.contain('conv2.weight 128 x 64 is no weight of gcn-v');
    });

    it('refuses NaN in weights', async () => {
      const weights = await readWeights(goldenPath('vegcn/gcnv_random.npz'));
      weights.get('conv1.bias')!.values[3] = NaN;
      const file = join(folder, 'nan.safetensors');
      await writeWeights(file, weights);
      let error: unknown;
      await gcnVStage.check({ weights: file }, { n: 10, dim: 256 }).catch((thrown: unknown) => (error = thrown));
      expect(error).instanceOf(L2cError).with.property('code', 'E_WEIGHTS');
      expect((error as Error).message).to.contain('conv1.bias');
    });

    it('refuses finite weights whose sums are not', async () => {
      const weights = await readWeights(goldenPath('vegcn/gcnv_random.npz'));
      weights.get('classifier.0.weight')!.values.fill(3e38);
      for (const compute of engines.values()) {
        const error = await forward(weights, compute).catch((thrown: unknown) => thrown);
        expect(error, compute.engine).instanceOf(L2cError).with.property('code', 'E_WEIGHTS');
        expect((error as Error).message).to.match(/^gcn-v: gives (NaN|-?Infinity)/);
      }
    });

    it('refuses a negative variance before anything runs', async () => {
      const weights = new Map(initialWeights(gcnVProfileModel(4), createRandom(1)));
      weights.get('profile.running_var')!.values[0] = -1;
      const file = join(folder, 'variance.safetensors');
      await writeWeights(file, weights);
      const found = await gcnVStage.check({ weights: file }, { n: 10, dim: 256 });
      expect(found.map(({ option, fact }) => `${option}: ${fact}`)).to.deep.equal([
        'weights: profile.running_var holds a negative variance',
      ]);
    });

    it('takes isolated instances, and neighbours of negative similarity', async () => {
      const faces = tinyFaces();
      const lonely = { ...faces.knn, ids: faces.knn.ids.slice(), similarities: faces.knn.similarities.slice() };
      lonely.ids.fill(-1, 0, faces.knn.k);
      lonely.similarities.fill(-Infinity, 0, faces.knn.k);
      lonely.similarities[2 * faces.knn.k - 1] = -0.5;
      const weights = generatedWeights(
        [
          ['conv1.weight', [32, 4]],
          ['conv1.bias', [4]],
          ['classifier.0.weight', [4, 4]],
          ['classifier.0.bias', [4]],
          ['classifier.1.weight', [4]],
          ['classifier.2.weight', [1, 4]],
          ['classifier.2.bias', [1]],
        ].map(([name, shape], seed) => ({
          name: name as string,
          shape: shape as number[],
          seed,
          scale: 0.5,
          offset: 0,
        })),
      );
      for (const minSimilarity of [0, -1]) {
        const { vertices, embedding } = await gcnV(faces.features, lonely, weights, { minSimilarity }, testServices());
        expect(vertices.every(Number.isFinite)).to.equal(true);
        expect(embedding.blocks[0].every(Number.isFinite)).to.equal(true);
      }
    });
  });
});

describe('gcn-v keeps the contract', () => {
  describeStage(gcnVStage, [
    { options: { epochs: 3, hidden: 8 } },
    { options: { epochs: 4, hidden: 4, optimizer: 'adam', target: 's_avg', validation: 0.3, patience: 2 } },
    { options: { epochs: 4, hidden: 4, optimizer: 'adam', inputs: 'profiles' } },
    { options: { epochs: 3, hidden: 8, rotations: true } },
    { options: { epochs: 2, hidden: 8, batchSize: 5, fanout: 2, validation: 0.2, patience: 1 } },
  ]);
});

function edgesOf({ n, k, ids, similarities }: KnnGraph): EdgeProposals {
  const offsets = Int32Array.from({ length: n + 1 }, (_, i) => i * k);
  return { kind: 'edges', n, offsets, targets: ids, similarities };
}

function emptyEdges(n: number) {
  return {
    kind: 'edges' as const,
    n,
    offsets: new Int32Array(n + 1),
    targets: new Int32Array(0),
    similarities: new Float32Array(0),
  };
}

function normalised(values: Float64Array, dim: number): Float64Array {
  const result = values.slice();
  for (let at = 0; at < values.length; at += dim) {
    const norm = Math.hypot(...values.subarray(at, at + dim));
    for (let c = 0; c < dim; c++) result[at + c] /= norm || 1;
  }
  return result;
}
