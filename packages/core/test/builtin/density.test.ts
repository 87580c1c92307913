import { expect } from 'chai';
import { confidenceTree } from '../../src/builtin/confidence-tree.js';
import { density, densityStage, type DensityOptions } from '../../src/builtin/density.js';
import { knnEdges } from '../../src/builtin/knn-edges.js';
import { describeStage } from '../../src/testing/describe-stage.js';
import { testServices } from '../../src/testing/test-services.js';
import { tinyFaces, toEdgeProposals } from '../../src/testing/tiny-faces.js';
import { golden, goldenKnn } from '../golden.js';
import { toKnnGraph } from '../golden-knn-graph.js';

describe('density', () => {
  describeStage(densityStage, [{}, { options: { maxDistance: 0.6, measure: 'count' } }]);

  const edges = toEdgeProposals(5, [
    [0, 1, 0.875],
    [0, 2, 0.75],
    [0, 3, 0.25],
    [1, 0, 0.875],
    [2, 4, -0.5],
    [3, 0, 0.25],
  ]);
  const of = (maxDistance: number, measure: DensityOptions['measure'] = 'similarity'): number[] => [
    ...density(edges, { maxDistance, measure }),
  ];

  it("adds up the similarities of an instance's own links within reach", () => {
    expect(of(0.3)).to.deep.equal([1.625, 0.875, 0, 0, 0]);
    expect(of(2)).to.deep.equal([1.875, 0.875, -0.5, 0.25, 0]);
  });

  it('counts them', () => {
    expect(of(0.3, 'count')).to.deep.equal([2, 1, 0, 0, 0]);
    expect(of(2, 'count')).to.deep.equal([3, 1, 1, 1, 0]);
  });

  it('leaves out a link at exactly maxDistance, and all at 0', () => {
    expect(of(0.25)).to.deep.equal([0.875, 0.875, 0, 0, 0]);
    expect(of(0)).to.deep.equal([0, 0, 0, 0, 0]);
  });

  it('keeps what scorers before it found', async () => {
    const { edges: faces, features } = tinyFaces();
    const previous = { proposals: new Float32Array(faces.targets.length), embedding: features };
    const options: DensityOptions = { maxDistance: 0.5, measure: 'similarity' };
    const scores = await densityStage.create({ ...options }, testServices()).score(faces, { features }, previous);
    expect(scores.proposals).to.equal(previous.proposals);
    expect(scores.embedding).to.equal(features);
    expect(scores.vertices).to.deep.equal(density(faces, options));
  });

  it('finds the identities of tiny faces together with the confidence tree', () => {
    const { edges: faces, truth } = tinyFaces({ sizes: [9, 8, 7], noise: 0.4 });
    const confidences = density(faces, { maxDistance: 0.7, measure: 'similarity' });
    const labels = confidenceTree(faces, faces.similarities, confidences, { minSimilarity: 0.6, maxConnections: 1 });
    const first = (values: ArrayLike<number>): number[] =>
      Array.from(values, (value) => Array.from(values).indexOf(value));
    expect(first(labels.values)).to.deep.equal(first(truth));
  });

  it('golden: weighted and counted density of lists that hold the instance itself', async () => {
    const graph = knnEdges(toKnnGraph(await goldenKnn('kb')), { k: 0, minSimilarity: -1, mutual: false });
    const wanted = await golden('vegcn/confidence.npz');
    for (const maxDistance of [0.3, 0.5]) {
      const weighted = wanted.get(`density_w_${maxDistance}`).data;
      const counted = wanted.get(`density_n_${maxDistance}`).data;
      const sums = density(graph, { maxDistance, measure: 'similarity' });
      const counts = density(graph, { maxDistance, measure: 'count' });
      for (let i = 0; i < graph.n; i++) {
        expect(sums[i] + 1, `row ${i}`).to.be.closeTo(weighted[i], 1e-4);
        expect(counts[i] + 1, `row ${i}`).to.equal(counted[i]);
      }
    }
  });
});
