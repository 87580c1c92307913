import { createRandom, fillOptions, type KnnGraph, type TrainingExample } from '@l2c/core';
import { memoryCheckpoints, testServices, tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { gcnVStage, type GcnVOptions } from '../src/gcn-v.js';
import { trainGcnV } from '../src/gcn-v-training.js';
import { knnAdjacency } from '../src/knn-adjacency.js';
import { neighbourBatches, NeighbourSampler, type WholeGraph } from '../src/neighbour-batches.js';
import { largestDifference } from './golden.js';

const faces = tinyFaces({ sizes: [12, 10, 9, 8, 7, 1], k: 6 });
const adjacency = knnAdjacency(faces.knn, 0);

function exampleOf(knn: KnnGraph = faces.knn): TrainingExample {
  return {
    proposals: faces.edges,
    context: { features: faces.features, knn, truth: faces.truth },
    previousScores: { proposals: faces.edges.similarities },
  };
}

function filled(given: Partial<GcnVOptions>): GcnVOptions {
  const { options, problems } = fillOptions(gcnVStage, { weights: 'unused', hidden: 8, epochs: 6, ...given });
  expect(problems).to.deep.equal([]);
  return options as unknown as GcnVOptions;
}

const train = (given: Partial<GcnVOptions>, services = testServices(), knn = faces.knn) =>
  trainGcnV([exampleOf(knn)], filled(given), services);
const lossesOf = ({ record }: { record: Readonly<Record<string, unknown>> }) => record['losses'] as number[];

describe('neighbour sampler', () => {
  const dense = ({ nodes, adjacency: { rows, offsets, indices, weights } }: ReturnType<NeighbourSampler['sample']>) => {
    const values = new Float64Array(rows * faces.n);
    for (let r = 0; r < rows; r++) {
      for (let e = offsets[r]; e < offsets[r + 1]; e++) values[r * faces.n + nodes[indices[e]]] += weights[e];
    }
    return values;
  };
  const some = Int32Array.of(40, 3, 17);
  const exact = dense(new NeighbourSampler(adjacency, 0).sample(some, createRandom(1)));

  it('takes whole rows where it need not choose', () => {
    for (let r = 0; r < some.length; r++) {
      const wanted = new Float64Array(faces.n);
      for (let e = adjacency.offsets[some[r]]; e < adjacency.offsets[some[r] + 1]; e++) {
        wanted[adjacency.indices[e]] = adjacency.weights[e];
      }
      expect([...exact.subarray(r * faces.n, (r + 1) * faces.n)]).to.deep.equal([...wanted]);
    }
  });

  it('draws so many neighbours and the instance itself, whose weight stays', () => {
    const sampler = new NeighbourSampler(adjacency, 2);
    const found = sampler.sample(some, createRandom(5));
    expect([...found.nodes.subarray(0, 3)]).to.deep.equal([...some]);
    expect(new Set(found.nodes).size).to.equal(found.nodes.length);
    expect([...found.adjacency.offsets]).to.deep.equal([0, 3, 6, 9]);
    const values = dense(found);
    some.forEach((i, r) => expect(values[r * faces.n + i]).to.equal(exact[r * faces.n + i]));
    expect(sampler.sample(some, createRandom(5)), 'again').to.deep.equal(found);
    expect(sampler.sample(some, createRandom(6))).to.not.deep.equal(found);
  });

  it('propagates what the whole graph does, on average', () => {
    const sampler = new NeighbourSampler(adjacency, 2);
    const random = createRandom(9);
    const mean = new Float64Array(exact.length);
    const draws = 4000;
    for (let d = 0; d < draws; d++)
      dense(sampler.sample(some, random)).forEach((value, c) => (mean[c] += value / draws));
    expect(largestDifference(mean, exact)).below(0.02);
  });
});

describe('neighbour batches', () => {
  const whole: WholeGraph = {
    source: faces.features,
    graph: { adjacency },
    targets: Float32Array.from(faces.truth.keys()),
    weights: Float32Array.from(faces.truth, (name) => (name > 1 ? 1 : 0)),
    heldOut: Float32Array.from(faces.truth, (name) => (name === 1 ? 1 : 0)),
  };

  it('look at each instance once an epoch, and spread those held out', () => {
    const batches = [...neighbourBatches(whole, new NeighbourSampler(adjacency, 3), 7, createRandom(1))];
    const learned = whole.weights.filter((weight) => weight > 0).length;
    expect(batches).to.have.length(Math.ceil(learned / 7));
    const seen = (share: 'weights' | 'heldOut') =>
      batches.flatMap((batch) => [...batch.targets].filter((_, r) => batch[share]![r] > 0)).sort((a, b) => a - b);
    const wanted = (share: 'weights' | 'heldOut') => [...faces.truth.keys()].filter((i) => whole[share][i] > 0);
    expect(seen('weights')).to.deep.equal(wanted('weights'));
    expect(seen('heldOut')).to.deep.equal(wanted('heldOut'));
    for (const { heldOut } of batches) expect(heldOut!.filter((weight) => weight > 0).length).to.be.within(2, 3);
    for (const { source, graph, targets } of batches) {
      expect([graph.adjacency!.rows, graph.adjacency!.columns]).to.deep.equal([targets.length, source.n]);
    }
  });
});

describe('gcn-v trained by neighbour batches', () => {
  it('is the whole graph where a batch holds all instances and all neighbours', async () => {
    // fewer and more columns than the features have, and profiles, whose convolution is not the first layer
    for (const given of [
      { hidden: 8 },
      { hidden: 40 },
      { inputs: 'profiles' },
      { inputs: 'profiles', hidden: 40 },
    ] as const) {
      const [one, other] = [await train(given), await train({ ...given, batchSize: 100, fanout: 0 })];
      expect(largestDifference(lossesOf(other), lossesOf(one)), JSON.stringify(given)).below(1e-5);
      for (const [name, { values }] of one.weights) {
        expect(largestDifference(other.weights.get(name)!.values, values), name).below(1e-4);
      }
    }
  });

  it('learns, and draws other neighbours each epoch', async () => {
    const options = {
      batchSize: 10,
      fanout: 3,
      epochs: 60,
      optimizer: 'adam',
      learningRate: 0.01,
      hidden: 32,
    } as const;
    const losses = lossesOf(await train(options));
    expect(losses).to.have.length(60 * 5);
    const mean = (list: number[]) => list.reduce((sum, loss) => sum + loss / list.length, 0);
    expect(mean(losses.slice(-20))).below(0.2 * mean(losses.slice(0, 5)));
    const still = lossesOf(await train({ batchSize: 100, fanout: 2, learningRate: 1e-12, epochs: 3 }));
    expect(new Set(still).size).to.equal(3);
  });

  it('goes on after a stop with the same losses and weights', async () => {
    const options = { batchSize: 10, fanout: 3, rotations: true, validation: 0.3 };
    const straight = await train(options);
    const checkpoints = memoryCheckpoints();
    const stop = new AbortController();
    const progress = { update: (done: number) => (done === 3 ? stop.abort() : undefined) };
    let stopped: unknown;
    await train(options, testServices({ checkpoints, signal: stop.signal, progress })).catch(
      (error: unknown) => (stopped = error),
    );
    expect(stopped).to.have.property('name', 'AbortError');
    const rest = await train(options, testServices({ checkpoints }));
    expect(rest.record['resumedAt']).to.equal(3);
    expect(lossesOf(rest)).to.deep.equal(lossesOf(straight));
    expect([...rest.weights]).to.deep.equal([...straight.weights]);
    const wider = await train({ ...options, fanout: 4 }, testServices({ checkpoints }));
    expect(wider.record['resumedAt']).to.equal(0);
  });

  it('takes isolated instances, negative similarities and equal ones', async () => {
    const { n, k, ids } = faces.knn;
    const lonely = { ...faces.knn, ids: ids.slice(), similarities: faces.knn.similarities.slice() };
    lonely.ids.fill(-1, 0, k);
    lonely.similarities.fill(-Infinity, 0, k);
    lonely.similarities[2 * k - 1] = -0.5;
    const equal = { n, k, ids, similarities: new Float32Array(n * k).fill(0.5) };
    for (const knn of [lonely, equal]) {
      for (const given of [{}, { minSimilarity: -1 }, { inputs: 'profiles' }] as const) {
        const { weights, record } = await train({ ...given, batchSize: 9, fanout: 2, epochs: 2 }, testServices(), knn);
        expect((record['losses'] as number[]).every(Number.isFinite)).to.equal(true);
        for (const [name, { values }] of weights) expect(values.every(Number.isFinite), name).to.equal(true);
      }
    }
  });
});
