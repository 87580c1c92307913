import { Features, allocateKnnGraph, type KnnGraph } from '@l2c/core';
import { expect } from 'chai';
import { confidenceTarget } from '../src/confidence-targets.js';
import { goldenFeatures, goldenKnn, goldenNumbers, goldenTruth, largestDifference } from './golden.js';

describe('confidence targets', () => {
  // four instances on a circle of two dimensions: 0, 1, 2 of one identity, 3 of another
  const features = Features.from([1, 0, 0.8, 0.6, 0.6, 0.8, 0, 1], 2);
  const knn: KnnGraph = (() => {
    const graph = allocateKnnGraph(4, 2);
    graph.ids.set([1, 2, 2, 0, 1, 3, 2, 1]);
    graph.similarities.set([0.8, 0.6, 0.96, 0.8, 0.96, 0.8, 0.8, 0.6]);
    return graph;
  })();
  const truth = Int32Array.of(7, 7, 7, 4);
  const near = (actual: Float32Array, expected: number[]) => expect(largestDifference(actual, expected)).below(1e-6);

  it('s_nbr: agreement with the neighbours, the largest is 1', () => {
    // sums 2.4, 2.76, 1.16, -0.4
    near(confidenceTarget('s_nbr', features, knn, truth), [2.4 / 2.76, 1, 1.16 / 2.76, -0.4 / 2.76]);
  });

  it('s_nbr_size_norm: the same per neighbour, itself included', () => {
    near(confidenceTarget('s_nbr_size_norm', features, knn, truth), [0.8, 0.92, 1.16 / 3, -0.4 / 3]);
  });

  it('s_avg: mean similarity to the others of its identity', () => {
    near(confidenceTarget('s_avg', features, knn, truth), [0.7, 0.88, 0.78, 0]);
  });

  it('s_center: similarity to the mean of its identity', () => {
    near(confidenceTarget('s_center', features, knn, truth), [0.8, 2.76 / 3, 2.56 / 3, 1]);
  });

  it('leaves out instances of unknown identity', () => {
    const unknown = Int32Array.of(7, -1, 7, 4);
    near(confidenceTarget('s_nbr', features, knn, unknown), [1, 0, 0.2 / 1.6, 0.2 / 1.6]);
    near(confidenceTarget('s_avg', features, knn, unknown), [0.6, 0, 0.6, 0]);
    near(confidenceTarget('s_center', features, knn, unknown), [0.8, 0, 0.8, 1]);
  });

  it('does not depend on the order of instances', () => {
    const turned = Features.from([0, 1, 0.6, 0.8, 0.8, 0.6, 1, 0], 2);
    const forth = confidenceTarget('s_avg', features, knn, truth);
    const back = confidenceTarget('s_avg', turned, knn, truth.slice().reverse());
    expect([...back].reverse()).to.deep.equal([...forth]);
  });

  it('golden', async () => {
    const [faces, graph, labels] = await Promise.all([
      goldenFeatures(),
      goldenKnn('data/faiss_k_80.npz'),
      goldenTruth(),
    ]);
    for (const target of ['s_nbr', 's_nbr_size_norm', 's_center'] as const) {
      const wanted = await goldenNumbers('vegcn/confidence.npz', target);
      expect(largestDifference(confidenceTarget(target, faces, graph, labels), wanted), target).below(1e-6);
    }
    // The reference averages over members of larger index alone: for the first of each identity that is all others.
    const wanted = await goldenNumbers('vegcn/confidence.npz', 's_avg');
    const found = confidenceTarget('s_avg', faces, graph, labels);
    const first = [...labels.keys()].filter((i) => labels.indexOf(labels[i]) === i);
    expect(first).to.have.length(150);
    expect(
      largestDifference(
        first.map((i) => found[i]),
        first.map((i) => wanted[i]),
      ),
    ).below(1e-6);
  });
});
