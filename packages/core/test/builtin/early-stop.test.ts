import { expect } from 'chai';
import { earlyStop, earlyStopStage } from '../../src/builtin/early-stop.js';
import { edgeProbabilityStage, sharedProbabilities, stepProbabilities } from '../../src/builtin/edge-probability.js';
import { allocateKnnGraph, type KnnGraph } from '../../src/data/knn-graph.js';
import { assertProposals, type EdgeProposals } from '../../src/data/proposals.js';
import { describeStage } from '../../src/testing/describe-stage.js';
import { testServices } from '../../src/testing/test-services.js';
import { tinyFaces, toEdgeProposals } from '../../src/testing/tiny-faces.js';

/** The definition, word by word, with maps and no regard for cost. */
function probability(knn: KnnGraph, i: number, j: number, temperature: number): number {
  const row = (a: number): Map<number, number> => {
    const weights = new Map([[a, 1]]);
    for (let e = a * knn.k; e < (a + 1) * knn.k; e++) {
      if (knn.ids[e] >= 0)
        weights.set(knn.ids[e], Math.exp((2 * Math.max(0, Math.min(1, knn.similarities[e])) - 2) / temperature));
    }
    const sum = [...weights.values()].reduce((a, b) => a + b);
    return new Map([...weights].map(([m, weight]) => [m, weight / sum]));
  };
  const [a, b] = [row(i), row(j)];
  return [...a].reduce((sum, [m, p]) => sum + (b.has(m) ? (p + b.get(m)!) / 2 : 0), 0);
}

const linksOf = ({ n, offsets, targets }: EdgeProposals): number[][] =>
  Array.from({ length: n }, (_, i) => [...targets.subarray(offsets[i], offsets[i + 1])]);

const paper = { minProbability: 0.22, temperature: 0.5, minSimilarity: -1 };
const crowd = tinyFaces({ sizes: [9, 8, 7, 5, 4, 3, 1, 1], k: 12, noise: 0.9, seed: 3 });

describe('early-stop', () => {
  describeStage(earlyStopStage, [
    {},
    { options: { minProbability: 0.6, temperature: 0.2 } },
    { options: { minSimilarity: 'auto' } },
  ]);

  it('keeps neighbours up to the first of too low a probability, whatever comes after it', () => {
    let beyond = 0;
    for (const minProbability of [0.3, 0.5, 0.6, 0.7]) {
      const { knn } = crowd;
      const edges = earlyStop(knn, { ...paper, minProbability });
      assertProposals(edges);
      linksOf(edges).forEach((links, i) => {
        const row = [...knn.ids.subarray(i * knn.k, (i + 1) * knn.k)];
        const probabilities = row.map((j) => probability(knn, i, j, 0.5));
        const stop = probabilities.findIndex((p) => p < minProbability);
        expect(links).to.deep.equal(stop < 0 ? row : row.slice(0, stop));
        if (stop >= 0 && probabilities.slice(stop).some((p) => p >= minProbability)) beyond++;
      });
    }
    expect(beyond, 'rows where stopping matters').to.be.greaterThan(0);
  });

  it('computes two instances by hand', () => {
    // Both list each other at cosine .5 alone: d = 1, e^-2 against 1 for itself.
    const knn = allocateKnnGraph(2, 1);
    knn.ids.set([1, 0]);
    knn.similarities.set([0.5, 0.5]);
    // They share each other: all that both turn anywhere.
    expect(earlyStop(knn, { ...paper, minProbability: 1 - 1e-6 }).targets.length).to.equal(2);
    knn.ids[1] = -1; // 1 lists nobody: they share instance 1 alone
    const half = (Math.exp(-2) / (1 + Math.exp(-2)) + 1) / 2;
    const edges = toEdgeProposals(2, [[0, 1, 0.5]]);
    expect(sharedProbabilities(edges, knn, 0.5)[0]).to.be.closeTo(half, 1e-6);
    expect(linksOf(earlyStop(knn, { ...paper, minProbability: half - 1e-6 }))).to.deep.equal([[1], []]);
    expect(linksOf(earlyStop(knn, { ...paper, minProbability: half + 1e-6 }))).to.deep.equal([[], []]);
  });

  it('leaves alone who has no near neighbour, where a least similarity is given', () => {
    const { knn, truth } = crowd;
    const singles = [...truth.keys()].filter((i) => truth[i] >= 6);
    const free = linksOf(earlyStop(knn, paper));
    expect(
      singles.every((i) => free[i].length > 0),
      'the paper gives everybody a partner',
    ).to.equal(true);
    const floored = earlyStop(knn, { ...paper, minSimilarity: 0.6 });
    for (const i of singles) expect(linksOf(floored)[i]).to.deep.equal([]);
    expect(Math.min(...floored.similarities)).to.be.at.least(0.6);
    // Inclusive.
    const least = knn.similarities[0];
    expect(linksOf(earlyStop(knn, { ...paper, minProbability: 0, minSimilarity: least }))[0]).to.include(knn.ids[0]);
  });

  it('finds that similarity itself', async () => {
    const found = new Map<string, { chosen: number }>();
    const services = testServices({ record: (name, fact) => void found.set(name, fact as { chosen: number }) });
    const stage = earlyStopStage.create({ ...paper, minSimilarity: 'auto' }, services);
    const edges = await stage.propose(crowd.features, crowd.knn);
    const minSimilarity = found.get('minSimilarity')!.chosen;
    expect(edges).to.deep.equal(earlyStop(crowd.knn, { ...paper, minSimilarity }));
  });
});

describe('edge-probability', () => {
  describeStage(edgeProbabilityStage, [{}, { options: { of: 'step' } }]);

  it('is what the definition says, also for links that the graph does not hold', () => {
    const { knn } = crowd;
    const random = Array.from({ length: 60 }, (_, e): [number, number, number] => [e % 19, 19 + ((e * 7) % 19), 0.5]);
    for (const edges of [crowd.edges, toEdgeProposals(crowd.n, random)]) {
      const scores = sharedProbabilities(edges, knn, 0.4);
      for (let i = 0; i < edges.n; i++) {
        for (let e = edges.offsets[i]; e < edges.offsets[i + 1]; e++) {
          expect(scores[e]).to.be.closeTo(probability(knn, i, edges.targets[e], 0.4), 1e-6);
        }
      }
    }
  });

  it('shares each row out to steps, and nothing to similarities below 0', () => {
    const knn = allocateKnnGraph(2, 3);
    knn.ids.set([1, 1, 1]);
    knn.similarities.set([0.5, 0.3, -0.2]);
    const edges = toEdgeProposals(2, [
      [0, 1, 0.3],
      [0, 1, -0.2],
    ]);
    expect([...stepProbabilities(edges, knn)]).to.deep.equal([
      Math.fround(Math.fround(0.3) / (0.5 + Math.fround(0.3))),
      0,
    ]);
    expect([...stepProbabilities(edges, allocateKnnGraph(2, 3))]).to.deep.equal([0, 0]);
  });
});
