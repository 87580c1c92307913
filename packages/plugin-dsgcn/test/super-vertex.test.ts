import { allocateKnnGraph, evenOffsets, Features, fillOptions, L2cError, type KnnGraph } from '@l2c/core';
import { describeStage, expectLabels, testServices, tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { CentreNeighbours, groupCentres } from '../src/group-centres.js';
import { groupsOf, ProposalCollector } from '../src/proposal-collector.js';
import { superVertexStage } from '../src/super-vertex.js';
import { superVertexProposals, type SuperVertexOptions } from '../src/super-vertex-proposals.js';
import { superVertices } from '../src/super-vertices.js';
import { golden, goldenFeatures, goldenJson, goldenKnn, goldenProposals, setsOf } from './golden.js';

const services = testServices();

function filled(given: Record<string, unknown>): SuperVertexOptions {
  const { options, problems } = fillOptions(superVertexStage, given);
  expect(problems).to.deep.equal([]);
  return options as unknown as SuperVertexOptions;
}

/** A graph of the given pairs, listed by both ends. */
function graphOf(n: number, pairs: readonly (readonly [number, number, number])[]): KnnGraph {
  const graph = allocateKnnGraph(n, n - 1);
  for (let i = 0; i < n; i++) {
    pairs
      .filter(([a, b]) => a === i || b === i)
      .sort((x, y) => y[2] - x[2])
      .forEach(([a, b, similarity], c) => {
        graph.ids[i * (n - 1) + c] = a === i ? b : a;
        graph.similarities[i * (n - 1) + c] = similarity;
      });
  }
  return graph;
}

describe('super-vertex', () => {
  describe('golden super vertices', () => {
    for (const [name, table, threshold, step, maxSize] of [
      ['sv_kb_0.6_300', 'kb', 0.6, 0.05, 300],
      ['sv_kb_0.7_300', 'kb', 0.7, 0.05, 300],
      ['sv_kb_0.6_40', 'kb', 0.6, 0.05, 40],
      ['sv_kb_0.5_30', 'kb', 0.5, 0.05, 30],
      ['sv_kb_0.7_20', 'kb', 0.7, 0.05, 20],
      ['sv_ks_0.5_25', 'ks', 0.5, 0.1, 25],
      ['sv_ks_0.3_10', 'ks', 0.3, 0.02, 10],
      ['sv_ks_0.3_2', 'ks', 0.3, 0.3, 2],
      ['sv_ks_0.4_12_step0.6', 'ks', 0.4, 0.6, 12],
      ['sv_hnsw_0.6_30', 'hnsw', 0.6, 0.05, 30],
      ['sv_kb_0.9999_300', 'kb', 0.9999, 0.05, 300],
    ] as const) {
      it(name, async () => {
        const info =
          await goldenJson<Record<string, { clusters: number; covered: number; forced_stop: boolean }>>(
            'proposals/info.json',
          );
        const { n, k, ids, similarities } = await goldenKnn(table);
        const links = { n, offsets: evenOffsets(n, k), targets: ids };
        const found = superVertices(links, similarities, { threshold, step, maxSize, maxIterations: 100 });
        const wanted = (await golden('proposals/super_vertex.npz'))(name.replace(/^sv_/, '')).data as Int32Array;
        expectLabels({ values: found.components, clusters: found.count }, wanted);
        expect(found.count).to.equal(info[name].clusters);
        expect(found.forced > 0).to.equal(info[name].forced_stop);
      });
    }
  });

  describe('golden proposals', () => {
    const base = { threshold: [0.7], maxSize: 300 };
    const iterated = (k: number, maxVertices: number) => ({
      ...base,
      keepBase: false,
      iterations: [{ k, maxVertices }],
    });
    for (const [name, given] of [
      ['basic_0.7', base],
      ['basic_0.6', { threshold: [0.6], maxSize: 40 }],
      ['iter1_0', iterated(1, 8)],
      ['iter1_1', iterated(2, 5)],
    ] as const) {
      it(name, async () => {
        const { proposals } = await superVertexProposals(
          await goldenFeatures(),
          await goldenKnn('kb'),
          filled({ ...given }),
          services,
        );
        expect(setsOf(proposals)).to.deep.equal(setsOf(await goldenProposals(name)));
      });
    }

    it('of several settings are those of each, every set once', async () => {
      const [features, knn] = [await goldenFeatures(), await goldenKnn('kb')];
      const iterations = [
        { k: 1, maxVertices: 8 },
        { k: 2, maxVertices: 5 },
      ];
      const { proposals, repeated } = await superVertexProposals(
        features,
        knn,
        filled({ ...base, iterations }),
        services,
      );
      const each = await Promise.all((['basic_0.7', 'iter1_0', 'iter1_1'] as const).map(goldenProposals));
      const all = each.flatMap(setsOf);
      expect(setsOf(proposals)).to.deep.equal([...new Set(all)].sort());
      expect(repeated).to.equal(all.length - new Set(all).size);
    });
  });

  describe('by hand', () => {
    // a tight triangle, a loose one, a bridge between them, and a point on its own
    const knn = graphOf(7, [
      [0, 1, 0.9],
      [1, 2, 0.9],
      [0, 2, 0.9],
      [3, 4, 0.7],
      [4, 5, 0.7],
      [2, 3, 0.5],
    ]);
    const features = Features.from(
      Array.from({ length: 7 }, (_, i) => [i < 3 ? 1 : 0, i > 2 && i < 6 ? 1 : 0, i === 6 ? 1 : 0]).flat(),
      3,
    );
    const propose = async (given: Record<string, unknown>) =>
      setsOf((await superVertexProposals(features, knn, filled(given), services)).proposals);

    it('a threshold cuts links below it, and keeps those equal to it', async () => {
      expect(await propose({ threshold: [0.5] })).to.deep.equal(['0 1 2 3 4 5']);
      expect(await propose({ threshold: [0.51] })).to.deep.equal(['0 1 2', '3 4 5']);
      expect(await propose({ threshold: [0.8] })).to.deep.equal(['0 1 2']);
    });

    it('maxSize takes apart, minSize leaves out', async () => {
      expect(await propose({ threshold: [0.5], maxSize: 3 })).to.deep.equal(['0 1 2', '3 4 5']);
      expect(await propose({ threshold: [0.5], maxSize: 3, minSize: 4 })).to.deep.equal([]);
    });

    it('k looks at the first neighbours alone', async () => {
      expect(await propose({ k: [1], threshold: [0.5], minSize: 2 })).to.deep.equal(['0 1 2', '3 4 5']);
    });

    it('each pairing of k and threshold is a setting', async () => {
      expect(await propose({ k: [1, 6], threshold: [0.5, 0.8] })).to.deep.equal(['0 1 2', '0 1 2 3 4 5', '3 4 5']);
    });

    it('baseOnly and keepBase leave out super vertices, not what iterations make of them', async () => {
      const iterations = [{ k: 2, threshold: -1, maxVertices: 3 }];
      const whole = '0 1 2 3 4 5 6';
      expect(await propose({ threshold: [0.6], iterations })).to.deep.equal(['0 1 2', whole, '3 4 5']);
      expect(await propose({ threshold: [0.6], keepBase: false, iterations })).to.deep.equal([whole]);
      const both = { threshold: [0.6, 0.8], baseOnly: [0.6], iterations };
      expect(await propose({ ...both, iterations: [{ ...iterations[0], maxSize: 4 }] })).to.deep.equal([
        '0 1 2',
        '3 4 5',
      ]);
      expect(await propose({ ...both, iterations: [{ ...iterations[0], minVertices: 4 }] })).to.deep.equal(['0 1 2']);
    });
  });

  it('a centre farther from itself than from others links to one more', async () => {
    const features = Features.from([0.2, 0, 1, 0, 0.9, 0], 2);
    const near = await CentreNeighbours.find(features, 1, services);
    const { offsets, targets } = near.links(1);
    expect([...offsets]).to.deep.equal([0, 2, 3, 4]);
    expect([...targets]).to.deep.equal([1, 2, 2, 1]);
  });

  it('a centre of which no neighbours were found has no links', () => {
    const near = new CentreNeighbours(
      3,
      2,
      Int32Array.of(2, -1, -1, -1, 0, 1),
      new Float32Array(6),
      new Float32Array(3),
    );
    const { offsets, targets } = near.links(2);
    expect([...offsets]).to.deep.equal([0, 1, 1, 3]);
    expect([...targets]).to.deep.equal([2, 0, 1]);
  });

  it('centres are means', () => {
    const features = Features.from([1, 0, 0, 1, 1, 1, 5, 5], 2);
    const centres = groupCentres(features, groupsOf(Int32Array.of(0, 0, 1, -1), 2));
    expect([...centres.row(0), ...centres.row(1)]).to.deep.equal([0.5, 0.5, 1, 1]);
  });

  it('collects every set once, many of them', () => {
    const collector = new ProposalCollector();
    const sets = Array.from({ length: 5000 }, (_, s) => [s, s + 1, s + 2 + (s % 3)]);
    const offsets = evenOffsets(5000, 3);
    const groups = { n: 5000, offsets, targets: Int32Array.from(sets.flat()) };
    for (let round = 0; round < 2; round++) collector.addGroups(groups, () => true);
    expect([collector.count, collector.repeated]).to.deep.equal([5000, 5000]);
    const { members } = collector.proposals(6000);
    expect([...members]).to.deep.equal(sets.flat());
  });

  it('refuses a k that the graph does not hold, and says how to get it', async () => {
    const faces = tinyFaces();
    const stage = superVertexStage.create({ ...filled({ k: [20] }) }, services) as {
      propose(features: Features, knn: KnnGraph): Promise<unknown>;
    };
    const refusal: unknown = await stage.propose(faces.features, faces.knn).catch((error: unknown) => error);
    expect(refusal).instanceOf(L2cError).with.property('code', 'E_STAGE');
    expect((refusal as Error).message).to.contain('20 neighbours asked for, the kNN graph holds 7; raise k');
  });

  it('says before it runs what options can not do together', async () => {
    const facts = { n: 10, dim: 4 };
    const problems = async (given: Record<string, unknown>) =>
      (await superVertexStage.check({ ...filled(given) }, facts)).map(({ option }) => option);
    const iterations = [{ k: 1, maxVertices: 8 }];
    expect(await problems({ threshold: [0.7], baseOnly: [0.7], iterations })).to.deep.equal([]);
    expect(await problems({ threshold: [0.7], baseOnly: [0.6], iterations })).to.deep.equal(['baseOnly.0']);
    expect(await problems({ keepBase: false })).to.deep.equal(['keepBase']);
    expect(await problems({ threshold: [0.7], baseOnly: [0.7] })).to.deep.equal(['baseOnly']);
    expect(await problems({ minSize: 50, maxSize: 10 })).to.deep.equal(['minSize']);
    const never = { k: 1, maxVertices: 2, minVertices: 3, minSize: 9, maxSize: 8 };
    expect(await problems({ iterations: [...iterations, never] })).to.deep.equal([
      'iterations.1.minSize',
      'iterations.1.minVertices',
    ]);
  });
});

describe('super-vertex keeps the contract', () => {
  describeStage(superVertexStage, [
    {},
    { options: { k: [3, 7], threshold: [0.3, 0.6], minSize: 1, maxSize: 4 } },
    { options: { threshold: [0.7], baseOnly: [0.7], iterations: [{ k: 2, threshold: 0.1, maxVertices: 4 }] } },
  ]);
});
