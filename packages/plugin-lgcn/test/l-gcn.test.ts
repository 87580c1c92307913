import {
  createCompute,
  createRandom,
  Features,
  fillOptions,
  ForwardModel,
  initialWeights,
  L2cError,
  projectedRows,
  propagation,
  readWeights,
  writeWeights,
  type Compute,
  type EdgeProposals,
  type KnnGraph,
  type Weights,
} from '@l2c/core';
import { describeStage, expectLabels, memoryCheckpoints, testServices, tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lGcn, lGcnStage, type LGcnOptions } from '../src/l-gcn.js';
import { lGcnModel, lGcnModelOf } from '../src/l-gcn-model.js';
import { planLinks } from '../src/link-plan.js';
import { linkage } from '../src/linkage.js';
import {
  edgesOf,
  generatedWeights,
  golden,
  goldenFeatures,
  goldenJson,
  goldenKnn,
  goldenPath,
  type WeightSpec,
} from './golden.js';

interface Info {
  readonly spec: WeightSpec[];
  readonly small: { readonly pivots: number[] };
  readonly deflt: { readonly pivots: number[] };
}

const { log } = testServices();

function filled(given: Partial<LGcnOptions> = {}): LGcnOptions {
  const { options, problems } = fillOptions(lGcnStage, { weights: 'unused', ...given });
  expect(problems).to.deep.equal([]);
  return options as unknown as LGcnOptions;
}

/** The links of some instances alone. */
function edgesFrom(knn: KnnGraph, pivots: readonly number[]): EdgeProposals {
  const offsets = new Int32Array(knn.n + 1);
  for (const pivot of pivots) offsets[pivot + 1] = knn.k;
  for (let i = 0; i < knn.n; i++) offsets[i + 1] += offsets[i];
  const sorted = [...pivots].sort((a, b) => a - b);
  const targets = Int32Array.from(sorted.flatMap((p) => [...knn.ids.subarray(p * knn.k, (p + 1) * knn.k)]));
  return { kind: 'edges', n: knn.n, offsets, targets, similarities: new Float32Array(targets.length) };
}

describe('l-gcn', () => {
  const engines: Compute[] = [];
  let features: Features;
  let info: Info;
  let weights: Weights;

  before(async () => {
    features = await goldenFeatures();
    info = await goldenJson<Info>('lgcn/info.json');
    weights = generatedWeights(info.spec);
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

  for (const [name, table, pivotsOf, given] of [
    ['small', 'data/faiss_k_30.npz', 8, { kAtHop: [30, 5], activeConnections: 5 }],
    ['deflt', 'data/faiss_k_80.npz', 2, { kAtHop: [80, 10], activeConnections: 10 }],
  ] as const) {
    it(`golden forward ${name}, on every engine`, async () => {
      const knn = await goldenKnn(table);
      const pivots = info[name].pivots.slice(0, pivotsOf);
      const edges = edgesFrom(knn, pivots);
      const output = await golden('lgcn/forward.npz');
      const [ids, logits] = [output(`${name}_onehop_ids`).data, output(`${name}_logits`).data as Float32Array];
      const plan = planLinks(edges, knn, given.kAtHop[0], true);
      for (const compute of engines) {
        const model = await ForwardModel.open(lGcnModelOf(weights, 256), weights, compute, { shared: true });
        const options = { kAtHop: [...given.kAtHop], activeConnections: given.activeConnections };
        const scores = await linkage(model, () => projectedRows(model, features), knn, plan, options, testServices());
        await model.dispose();
        let furthest = 0;
        pivots.forEach((pivot, p) => {
          for (let h = 0; h < knn.k; h++) {
            const at = p * knn.k + h;
            const wanted = 1 / (1 + Math.exp(logits[2 * at] - logits[2 * at + 1]));
            const row = edges.targets.subarray(edges.offsets[pivot], edges.offsets[pivot + 1]);
            const place = row.indexOf(Number(ids[at]));
            expect(place, `${pivot} to ${ids[at]}`).not.equal(-1);
            furthest = Math.max(furthest, Math.abs(scores[edges.offsets[pivot] + place] - wanted));
          }
        });
        expect(furthest, compute.engine).below(2e-5);
      }
    });
  }

  it('golden scores and clusters of a whole run', async () => {
    const first = Features.from(features.blocks[0].subarray(0, 400 * 256), 256);
    const knn = await goldenKnn('lgcn/sub_knn_20.npz');
    const edges = edgesOf(knn);
    const options = filled({ kAtHop: [20, 5], activeConnections: 5 });
    const services = testServices({ compute: engines.at(-1)! });
    const scores = await lGcn(edges, { features: first, knn }, weights, options, services);
    const wanted = await golden('lgcn/sub_handler.npz');
    const [pairs, values] = [wanted('edges').data as Int32Array, wanted('scores').data as Float64Array];
    expect(values.length).to.equal(edges.targets.length);
    values.forEach((value, e) => {
      const [source, target] = [pairs[2 * e], pairs[2 * e + 1]];
      const row = edges.targets.subarray(edges.offsets[source], edges.offsets[source + 1]);
      const found = scores[edges.offsets[source] + row.indexOf(target)];
      expect(Math.abs(found - value), `${source} to ${target}`).below(1e-4);
    });
    const labels = propagation(edges, scores, {
      pool: 'avg',
      maxSize: 300,
      step: 0.6,
      threshold: -1,
      maxIterations: 100,
    });
    expectLabels(labels, wanted('pred_labels').data as Int32Array);
  });

  describe('links', () => {
    const faces = tinyFaces({ sizes: [12, 10, 9, 8, 7, 1], k: 8 });
    const small = initialWeights(lGcnModel(faces.dim, 8), createRandom(3));
    const context = { features: faces.features, knn: faces.knn };
    const score = (edges: EdgeProposals, given: Partial<LGcnOptions> = {}, services = testServices()) =>
      lGcn(edges, context, small, filled(given), services);
    const { edges } = faces;
    /** Index of the link from i to j, or -1. */
    const find = (i: number, j: number): number => {
      const at = edges.targets.subarray(edges.offsets[i], edges.offsets[i + 1]).indexOf(j);
      return at === -1 ? -1 : edges.offsets[i] + at;
    };
    const sources = Int32Array.from(edges.targets);
    for (let i = 0; i < edges.n; i++) sources.fill(i, edges.offsets[i], edges.offsets[i + 1]);

    it('are scored alike with a 1-hop of the graph and a larger one', async () => {
      expect([...(await score(edges, { kAtHop: [8, 3] }))]).to.deep.equal([
        ...(await score(edges, { kAtHop: [99, 3] })),
      ]);
    });

    it('out of the 1-hop take the score of the other end, or 0', async () => {
      const scores = await score(edges, { kAtHop: [3, 2] });
      let [own, other, none] = [0, 0, 0];
      scores.forEach((value, e) => {
        const within = e - edges.offsets[sources[e]] < 3;
        const opposite = find(edges.targets[e], sources[e]);
        const isOther = opposite !== -1 && opposite - edges.offsets[edges.targets[e]] < 3;
        if (within) own++;
        else if (isOther) other++;
        else none++;
        if (within) expect(value).within(Number.MIN_VALUE, 1);
        else expect(value).to.equal(isOther ? scores[opposite] : 0);
      });
      expect(Math.min(own, other, none)).above(0);
    });

    it('are scored once a pair without bothDirections, with the scores of the lower ids', async () => {
      const both = await score(edges, { kAtHop: [8, 3] });
      const once = await score(edges, { kAtHop: [8, 3], bothDirections: false });
      const plan = planLinks(edges, faces.knn, 8, false);
      let pairs = 0;
      once.forEach((value, e) => {
        const opposite = find(edges.targets[e], sources[e]);
        const taken = opposite !== -1 && edges.targets[e] < sources[e] ? opposite : e;
        if (taken !== e) pairs++;
        expect(Math.abs(value - both[taken]), `${e}`).below(1e-6);
      });
      expect(plan.links.length).to.equal(edges.targets.length - pairs);
    });

    it('that are not proposed change no others', async () => {
      const all = await score(edges, { kAtHop: [8, 3] });
      const kept = Int32Array.from(edges.targets.keys()).filter((e) => e % 3 === 0);
      const offsets = Int32Array.from(edges.offsets, (end) => kept.filter((e) => e < end).length);
      const part = {
        ...edges,
        offsets,
        targets: kept.map((e) => edges.targets[e]),
        similarities: new Float32Array(kept.length),
      };
      const scores = await score(part, { kAtHop: [8, 3] });
      kept.forEach((e, at) => expect(Math.abs(scores[at] - all[e])).below(1e-6));
    });

    it('do not depend on what is in the batch beside them', async () => {
      const all = await score(edges, { kAtHop: [8, 3] });
      for (const i of [0, 17, faces.n - 1]) {
        const scores = await score(edgesFrom(faces.knn, [i]), { kAtHop: [8, 3] });
        scores.forEach((value, at) => expect(Math.abs(value - all[edges.offsets[i] + at])).below(1e-6));
      }
    });

    it('of an instance without active connections are finite', async () => {
      // 2 lists nobody, and is the second neighbour of 0 alone: in the sub-graph of 0 it is joined to no node
      const ids = Int32Array.of(1, 2, 0, -1, -1, -1);
      const knn = { n: 3, k: 2, ids, similarities: Float32Array.from(ids, (id) => (id === -1 ? -Infinity : 0.5)) };
      const three = Features.from(faces.features.blocks[0].subarray(0, 3 * faces.dim), faces.dim);
      const links = { offsets: Int32Array.of(0, 2, 2, 2), targets: Int32Array.of(1, 2) };
      const scores = await lGcn(
        { kind: 'edges', n: 3, ...links, similarities: Float32Array.of(0.5, 0.5) },
        { features: three, knn },
        small,
        filled({ kAtHop: [2, 1], activeConnections: 1 }),
        testServices(),
      );
      expect([...scores].every((value) => value > 0 && value < 1)).to.equal(true);
    });

    it('go on after a stop where it was, with the same scores', async () => {
      const [large, stop, checkpoints] = [
        tinyFaces({ sizes: new Array<number>(60).fill(12), k: 30 }),
        new AbortController(),
        memoryCheckpoints(),
      ];
      const data = { features: large.features, knn: large.knn };
      const options = filled({ kAtHop: [30, 10] });
      const starts: number[] = [];
      const run = (given: Parameters<typeof testServices>[0]) =>
        lGcn(large.edges, data, small, options, testServices(given));
      const whole = await run({});
      let stopped: unknown;
      const update = (): void => stop.abort();
      await run({ checkpoints, signal: stop.signal, progress: { update } }).catch(
        (error: unknown) => (stopped = error),
      );
      expect(stopped).to.have.property('name', 'AbortError');
      const rest = await run({ checkpoints, progress: { update: (done) => void starts.push(done) } });
      const all: number[] = [];
      await run({ progress: { update: (done) => void all.push(done) } });
      expect(starts).to.deep.equal(all.slice(1));
      expect([...rest]).to.deep.equal([...whole]);
      // what other options left is not gone on with
      const others = await lGcn(large.edges, data, small, filled({ kAtHop: [30, 5] }), testServices({ checkpoints }));
      expect([...others]).not.to.deep.equal([...whole]);
    });
  });

  it('reads the weights of every container, counter of batches and all', async () => {
    const faces = tinyFaces({ sizes: [9, 8, 7], k: 8 });
    const context = { features: faces.features, knn: faces.knn };
    const scored: number[][] = [];
    for (const name of ['small.npz', 'small.pth', 'small_legacy.pth', 'small_mmcv.pth']) {
      const read = await readWeights(goldenPath(`weights/${name}`));
      expect(read.has('bn0.num_batches_tracked'), name).to.equal(true);
      scored.push([...(await lGcn(faces.edges, context, read, filled({ kAtHop: [8, 3] }), testServices()))]);
    }
    expect(new Set(scored[0]).size).above(faces.n);
    for (const scores of scored) expect(scores).to.deep.equal(scored[0]);
  });

  it('refuses weights that are not its own, and half a hop, before anything runs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'l2c-lgcn-'));
    const file = join(folder, 'w.safetensors');
    await writeWeights(file, initialWeights(lGcnModel(16, 8), createRandom(1)));
    const check = (dim: number | undefined, given = {}) =>
      lGcnStage.check({ ...filled({ weights: file, ...given }) }, { n: 10, dim });
    expect(await check(16)).to.deep.equal([]);
    expect(await check(undefined), 'on an embedding').to.deep.equal([]);
    expect((await check(32)).map(({ fact }) => fact).join('\n')).to.contain('conv1.weight is 32 x 8');
    expect((await check(16, { trainingKAtHop: [5] })).map(({ fact }) => fact)).to.deep.equal([
      'has one number, not two',
    ]);
    expect(fillOptions(lGcnStage, { weights: file, kAtHop: [5] }).problems).to.have.length(1);
    rmSync(folder, { recursive: true });
    const gone = await check(16).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(gone).instanceOf(L2cError).with.property('code', 'E_FILE');
  });
});

describe('l-gcn keeps the contract', () => {
  const faces = tinyFaces({ sizes: [8, 7, 6, 4, 1], k: 6 });

  describeStage(lGcnStage, [
    { options: { epochs: 2, hidden: 8, kAtHop: [6, 3], activeConnections: 3 }, faces },
    { options: { epochs: 1, hidden: 4, kAtHop: [3, 2], bothDirections: false, pivots: 8 }, faces },
    { options: { epochs: 1, hidden: 4, trainingKAtHop: [9, 4], optimizer: 'adam', validation: 0.3 }, faces },
    { options: { epochs: 2, hidden: 4, kAtHop: [6, 2], inputs: 'profiles', optimizer: 'adam' }, faces },
    { options: { epochs: 2, hidden: 4, kAtHop: [6, 2], rotations: true }, faces },
  ]);
});
