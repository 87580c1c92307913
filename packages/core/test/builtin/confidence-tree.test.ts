import { expect } from 'chai';
import {
  confidenceTree,
  confidenceTreeStage,
  moreConfidentLinks,
  type ConfidenceTreeOptions,
} from '../../src/builtin/confidence-tree.js';
import { knnEdges } from '../../src/builtin/knn-edges.js';
import type { Labels } from '../../src/data/labels.js';
import { L2cError } from '../../src/errors.js';
import { expectLabels } from '../../src/testing/expect-labels.js';
import { testServices } from '../../src/testing/test-services.js';
import { tinyFaces, toEdgeProposals } from '../../src/testing/tiny-faces.js';
import { golden, goldenKnn, type GoldenKnn } from '../golden.js';
import { toKnnGraph } from '../golden-knn-graph.js';

const confidences = ['s_nbr', 's_avg', 'density_w_0.3', 'density_n_0.5'];

/** Rows by rising distance, ties in the order of the file, as the reference hands them to the search for peaks. */
function ordered(knn: GoldenKnn): GoldenKnn {
  const order = Array.from({ length: knn.n }, (_, i) =>
    Array.from({ length: knn.k }, (_, c) => i * knn.k + c).sort((a, b) => knn.distances[a] - knn.distances[b]),
  ).flat();
  return {
    ...knn,
    targets: Int32Array.from(order, (e) => knn.targets[e]),
    distances: Float64Array.from(order, (e) => knn.distances[e]),
    similarities: Float64Array.from(order, (e) => knn.similarities[e]),
  };
}

describe('confidence-tree', () => {
  const edges = toEdgeProposals(7, [
    [0, 1, 0.9],
    [0, 2, 0.9],
    [0, 3, 0.5],
    [1, 0, 0.9],
    [1, 2, 0.6],
    [2, 0, 0.9],
    [3, 4, 0.8],
    [4, 3, 0.8],
    [5, 6, 0.8],
    [6, 5, 0.8],
  ]);
  const confidence = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.7];
  const split = (given: Partial<ConfidenceTreeOptions>, scores: ArrayLike<number> = edges.similarities): number[] => [
    ...confidenceTree(edges, scores, confidence, { minSimilarity: 0, maxConnections: 1, ...given }).values,
  ];

  it('connects each instance to its best neighbour of strictly larger confidence', () => {
    // 0 -> 1 (tied with 2, listed first), 1 -> 2, 3 -> 4; 5 and 6 are equally confident.
    expect(split({})).to.deep.equal([0, 0, 0, 1, 1, 2, 3]);
  });

  it('cuts connections at minSimilarity or below', () => {
    expect(split({ minSimilarity: 0.59 })).to.deep.equal([0, 0, 0, 1, 1, 2, 3]);
    expect(split({ minSimilarity: Math.fround(0.6) })).to.deep.equal([0, 0, 1, 2, 2, 3, 4]);
  });

  it('does not fall back on the second best where the best is cut', () => {
    const scores = edges.similarities.slice();
    scores[2] = 1; // 0 prefers 3, whose similarity is 0.5
    expect(split({ minSimilarity: 0.55 }, scores)).to.deep.equal([0, 1, 1, 2, 2, 3, 4]);
  });

  it('takes up to maxConnections, and any number more than there are', () => {
    expect(split({ maxConnections: 3 })).to.deep.equal([0, 0, 0, 0, 0, 1, 2]);
    expect(split({ maxConnections: 1e9 })).to.deep.equal([0, 0, 0, 0, 0, 1, 2]);
  });

  it('takes -Infinity and NaN for no candidate', () => {
    const scores = edges.similarities.slice();
    scores[0] = -Infinity;
    scores[1] = NaN;
    expect([...moreConfidentLinks(edges, scores, confidence, 2)].slice(0, 2)).to.deep.equal([2, -1]);
  });

  it('ranks the chosen links by score, ties by order, as a full sort does', () => {
    const { edges: faces, confidence: sure } = tinyFaces({ sizes: [20, 20], k: 15 });
    const scores = faces.similarities.map((similarity) => Math.round(similarity * 4) / 4);
    const chosen = moreConfidentLinks(faces, scores, sure, 4);
    for (let i = 0; i < faces.n; i++) {
      const candidates = Array.from({ length: faces.offsets[i + 1] - faces.offsets[i] }, (_, c) => faces.offsets[i] + c)
        .filter((e) => sure[faces.targets[e]] > sure[i])
        .sort((a, b) => scores[b] - scores[a])
        .slice(0, 4);
      expect([...chosen.subarray(i * 4, i * 4 + 4)]).to.deep.equal([...candidates, -1, -1, -1, -1].slice(0, 4));
    }
  });

  it('has no clusters for no instance, one for one', () => {
    const options = { minSimilarity: 0, maxConnections: 2 };
    expect(confidenceTree(toEdgeProposals(0, []), [], [], options).clusters).to.equal(0);
    expect(confidenceTree(toEdgeProposals(1, []), [], [0], options).clusters).to.equal(1);
  });

  describe('where confidences are equal', () => {
    const run = (vertices: ArrayLike<number>, minSimilarity: number) => {
      const warnings: string[] = [];
      const facts: Record<string, unknown> = {};
      const { log } = testServices();
      const stage = confidenceTreeStage.create(
        { minSimilarity, maxConnections: 1 },
        testServices({
          log: { ...log, warn: (message) => void warnings.push(message) },
          record: (name, fact) => void (facts[name] = fact),
        }),
      );
      const { features } = tinyFaces();
      const scores = { proposals: edges.similarities, vertices: Float32Array.from(vertices) };
      const labels = stage.deoverlap(edges, scores, { features }) as Labels;
      return { labels: [...labels.values], warnings, facts };
    };

    it('connects nobody, as the paper does, and says so with a way out', () => {
      const { labels, warnings, facts } = run(new Array<number>(7).fill(3), 0.7);
      expect(labels).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
      expect(facts).to.deep.equal({ tied: 7 });
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(/^confidence-tree: 7 of 7 instances stay alone.*; .*connected-components$/);
    });

    it('counts copies that nobody more confident is near, not those that are cut or joined', () => {
      expect(run(confidence, 0.7).facts).to.deep.equal({ tied: 2 }); // 5 and 6
      expect(run(confidence, 0.8).facts).to.deep.equal({ tied: 2 }); // float32 0.8 is above 0.8
      expect(run(confidence, 0.81)).to.deep.include({ facts: {}, warnings: [] });
      expect(run([0.1, 0.1, 0.3, 0.4, 0.5, 0.7, 0.8], 0.5)).to.deep.include({ facts: {}, warnings: [] });
    });
  });

  it('refuses scores without confidences', () => {
    const stage = confidenceTreeStage.create({ minSimilarity: 0.8, maxConnections: 1 }, testServices());
    const { edges: faces, features } = tinyFaces();
    expect(() => stage.deoverlap(faces, { proposals: faces.similarities }, { features }))
      .to.throw(L2cError, 'no scorer gave a confidence')
      .with.property('code', 'E_STAGE');
  });

  it('golden: confidence_to_peaks', async () => {
    const knn = ordered(await goldenKnn('kb'));
    const given = await golden('vegcn/confidence.npz');
    const wanted = await golden('vegcn/peaks.npz');
    for (const name of confidences) {
      for (const count of [1, 2]) {
        const chosen = moreConfidentLinks(knn, knn.similarities, given.get(name).data, count);
        const peaks = wanted.get(`${name}_c${count}_peaks`).data;
        const distances = wanted.get(`${name}_c${count}_dists`).data;
        expect(
          Int32Array.from(chosen, (e) => (e === -1 ? -1 : knn.targets[e])),
          `${name} ${count}`,
        ).to.deep.equal(peaks);
        expect(
          [...chosen].every((e, at) => (e === -1 ? Number.isNaN(distances[at]) : knn.distances[e] === distances[at])),
        ).to.equal(true);
      }
    }
  });

  it('golden: peaks_to_labels, in double precision and from a float32 graph', async () => {
    const knn = ordered(await goldenKnn('kb'));
    const graph = knnEdges(toKnnGraph(await goldenKnn('kb')), { k: 0, minSimilarity: -1, mutual: false });
    const given = await golden('vegcn/confidence.npz');
    const wanted = await golden('vegcn/peak_labels.npz');
    expect(wanted.names).to.have.length(32);
    for (const name of wanted.names) {
      const [, confidenceName, maxConnections, minSimilarity] = /^(.*)_c(\d)_tau([\d.]+)$/.exec(name) ?? [];
      const options = { minSimilarity: Number(minSimilarity), maxConnections: Number(maxConnections) };
      const sure = given.get(confidenceName).data;
      expectLabels(confidenceTree(knn, knn.similarities, sure, options), wanted.get(name).data);
      expectLabels(confidenceTree(graph, graph.similarities, sure, options), wanted.get(name).data);
    }
  });

  it('golden: among exact duplicates and tied confidences', async () => {
    const given = await golden('ties/out.npz');
    const knn = {
      n: 48,
      offsets: Int32Array.from({ length: 49 }, (_, i) => i * 12),
      targets: given.get('nbrs').data as Int32Array,
      similarities: Float64Array.from(given.get('dists').data, (distance) => 1 - distance),
    };
    const sure = given.get('confq').data;
    const chosen = moreConfidentLinks(knn, knn.similarities, sure, 1);
    expect([...chosen].map((e) => (e === -1 ? -1 : knn.targets[e]))).to.deep.equal([...given.get('peak').data]);
    const labels = confidenceTree(knn, knn.similarities, sure, { minSimilarity: 0.4, maxConnections: 1 });
    expectLabels(labels, given.get('labels').data);
  });
});
