import { expect } from 'chai';
import { bcubed } from '../../src/builtin/bcubed.js';
import { infomapStage, type InfomapStageOptions } from '../../src/builtin/infomap.js';
import { networkOfEdges, rowsOfEdges } from '../../src/builtin/infomap-network.js';
import { stableInfomap } from '../../src/builtin/infomap-sweep.js';
import { knnEdges } from '../../src/builtin/knn-edges.js';
import { exactNeighbours } from '../../src/compute/neighbours/exact-neighbours.js';
import { plainCompute } from '../../src/compute/plain.js';
import { selectRows } from '../../src/data/features.js';
import type { EdgeProposals } from '../../src/data/proposals.js';
import { directedFlow } from '../../src/graph/infomap/flow-network.js';
import { infomapTrials } from '../../src/graph/infomap/trials.js';
import type { Services } from '../../src/stages/services.js';
import { describeStage } from '../../src/testing/describe-stage.js';
import { testServices } from '../../src/testing/test-services.js';
import { tinyFaces, toEdgeProposals } from '../../src/testing/tiny-faces.js';

const defaults: InfomapStageOptions = {
  threshold: 0,
  directed: false,
  weight: 'score',
  pool: 'max',
  trials: 1,
  seed: 1,
};

async function cluster(
  edges: EdgeProposals,
  options: Partial<InfomapStageOptions>,
  services: Partial<Services> = {},
  scores = edges.similarities,
): Promise<number[]> {
  const stage = infomapStage.create({ ...defaults, ...options }, testServices(services));
  const { features } = tinyFaces();
  return [...(await stage.deoverlap(edges, { proposals: scores }, { features })).values];
}

/** Two triangles, a link between them, and an instance that only a weak link reaches. */
const seven = toEdgeProposals(7, [
  [0, 1, 0.9],
  [1, 2, 0.9],
  [2, 0, 0.8],
  [3, 4, 0.9],
  [4, 5, 0.8],
  [5, 3, 0.9],
  [2, 3, 0.6],
  [6, 0, 0.2],
]);

const range = (n: number): number[] => [...new Array<undefined>(n).keys()];

/** Forty identities with 25 neighbours each, most of them strangers: large enough for trials to differ. */
const crowd = tinyFaces({ sizes: Array.from({ length: 40 }, (_, i) => 2 + (i % 9)), k: 25, noise: 1.1, dim: 24 });

describe('infomap stage', () => {
  describeStage(infomapStage, [
    {},
    { options: { threshold: 0.4, directed: true } },
    { options: { threshold: 0.1, weight: 'score', pool: 'sum', trials: 3 } },
  ]);

  it('splits two triangles that one link connects', async () => {
    expect(await cluster(seven, { threshold: 0.3 })).to.deep.equal([0, 0, 0, 1, 1, 1, 2]);
    expect(await cluster(seven, { threshold: 0.3, weight: 'excess' })).to.deep.equal([0, 0, 0, 1, 1, 1, 2]);
    expect(await cluster(seven, { threshold: 0.3, directed: true })).to.deep.equal([0, 0, 0, 1, 1, 1, 2]);
  });

  it('cuts links below the threshold and keeps those equal to it', async () => {
    const at = Math.fround(0.9);
    for (const weight of ['score', 'excess'] as const) {
      expect(await cluster(seven, { threshold: at, weight })).to.deep.equal([0, 0, 0, 1, 1, 1, 2]);
      expect(await cluster(seven, { threshold: 0.91, weight })).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
    }
  });

  it('takes copies as one: they are with their originals, and change nothing for the others', async () => {
    const { knn, features } = tinyFaces({ sizes: [9, 8, 7, 6, 2, 1, 1], k: 33, noise: 0.6, dim: 16 });
    const edges = knnEdges(knn, { k: 0, minSimilarity: -1, mutual: false });
    const alone = await cluster(edges, { threshold: 'auto', weight: 'excess' });
    const twice = selectRows(features, [...range(features.n), ...range(features.n)]);
    const wide = await exactNeighbours(twice, twice.n - 1, { compute: plainCompute });
    const doubled = knnEdges(wide, { k: 0, minSimilarity: -1, mutual: false });
    const facts: Record<string, unknown> = {};
    const record = (name: string, value: unknown): void => void (facts[name] = value);
    const both = await cluster(doubled, { threshold: 'auto', weight: 'excess' }, { record });
    expect(both).to.deep.equal([...alone, ...alone]);
    expect(facts['copies']).to.equal(features.n);
    expect(await cluster(doubled, { threshold: 0.99, directed: true })).to.deep.equal([...range(34), ...range(34)]);
  });

  it('weighs links by their scores, not by their similarities; NaN and what is not positive is no link', async () => {
    const scores = Float32Array.of(0, 1, 0, NaN, 1, 1, 1, -1);
    expect(await cluster(seven, {}, {}, scores)).to.deep.equal([0, 1, 1, 2, 2, 2, 3]);
    expect(await cluster(seven, { threshold: -1 }, {}, scores.fill(NaN))).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
  });

  it('weighs pairs as asked: the excess over the threshold, the larger score or the sum', () => {
    const both = toEdgeProposals(3, [
      [0, 1, 0.75],
      [1, 0, 0.5],
      [1, 2, 0.5],
    ]);
    const shares = (weight: 'score' | 'excess', pool: 'max' | 'sum', threshold: number): number[] => [
      ...networkOfEdges(both, both.similarities, { directed: false, weight, pool })(threshold).visits,
    ];
    expect(shares('score', 'max', 0)).to.deep.equal([0.75 / 2.5, 0.5, 0.5 / 2.5]);
    expect(shares('score', 'sum', 0)).to.deep.equal([1.25 / 3.5, 0.5, 0.5 / 3.5]);
    expect(shares('excess', 'max', 0.25)).to.deep.equal([0.5 / 1.5, 0.5, 0.25 / 1.5]);
    const directed = networkOfEdges(both, both.similarities, { directed: true, weight: 'score', pool: 'max' })(0);
    expect(directed).to.deep.equal(directedFlow(both, both.similarities));
  });

  it('gives the same with one thread and with two, and with more trials no longer codes', async () => {
    const network = networkOfEdges(crowd.edges, crowd.edges.similarities, {
      directed: true,
      weight: 'score',
      pool: 'max',
    })(0);
    const one = await infomapTrials(network, { seed: 7, trials: 4, threads: 1 });
    const two = await infomapTrials(network, { seed: 7, trials: 4, threads: 2 });
    expect(two).to.deep.equal(one);
    // A worker that finds no trial left, and one that is done before this thread looks.
    for (const trials of [2, 20]) {
      const results = [1, 3].map((threads) => infomapTrials(network, { seed: 3, trials, threads }));
      const [first, ...others] = await Promise.all(results);
      for (const other of others) expect(other).to.deep.equal(first);
    }
    const lengths = [1, 2, 4, 8].map(
      async (trials) => (await infomapTrials(network, { seed: 7, trials, threads: 1 })).codeLength,
    );
    const sorted = await Promise.all(lengths);
    expect(sorted).to.deep.equal([...sorted].sort((a, b) => b - a));
    const threads = { compute: { ...plainCompute, threads: 2 } };
    const labels = await cluster(crowd.edges, { trials: 4, seed: 7 }, threads);
    expect(labels).to.deep.equal(await cluster(crowd.edges, { trials: 4, seed: 7 }));
  });

  it('stops its workers when it is told to', async () => {
    const network = networkOfEdges(crowd.edges, crowd.edges.similarities, defaults)(0);
    const stopped = new Error('enough');
    let failure: unknown;
    await infomapTrials(network, {
      seed: 1,
      trials: 1000,
      threads: 2,
      betweenPasses() {
        throw stopped;
      },
    }).catch((error: unknown) => (failure = error));
    expect(failure).to.equal(stopped);
  });

  it('finds the identities with the threshold it chooses, and says which', async () => {
    const facts = new Map<string, unknown>();
    const { edges, truth } = tinyFaces({ sizes: [12, 9, 8, 6, 5, 4, 3, 1, 1, 1], k: 20, noise: 0.6, dim: 32 });
    const services = { record: (name: string, fact: unknown) => void facts.set(name, fact) };
    const labels = await cluster(edges, { threshold: 'auto', weight: 'excess' }, services);
    expect(bcubed(truth, Int32Array.from(labels)).f).to.be.at.least(0.98);
    const chosen = facts.get('threshold') as { chosen: number; curve: unknown[] };
    const rows = rowsOfEdges(edges, edges.similarities, 'max');
    const found = await stableInfomap(edges.similarities, { rows, weight: 'excess', seed: 1, threads: 1 });
    expect(chosen.chosen).to.equal(found.threshold);
    expect(facts.get('modules')).to.equal(new Set(labels).size);
    expect(facts.get('codeLength')).to.be.within(0, Math.log2(edges.n));
  });

  it('has no clusters for no instance, one each for instances without links', async () => {
    for (const threshold of ['auto', 0] as const) {
      expect(await cluster(toEdgeProposals(0, []), { threshold })).to.deep.equal([]);
      expect(await cluster(toEdgeProposals(3, []), { threshold, directed: true })).to.deep.equal([0, 1, 2]);
    }
  });
});
