import { expect } from 'chai';
import { propagation, propagationStage, type PropagationRun } from '../../src/builtin/propagation.js';
import { csrFromPairs } from '../../src/graph/csr.js';
import { expectLabels } from '../../src/testing/expect-labels.js';
import { testServices } from '../../src/testing/test-services.js';
import { tinyFaces, toEdgeProposals } from '../../src/testing/tiny-faces.js';
import type { EdgeProposals } from '../../src/data/proposals.js';
import { golden, goldenKnn } from '../golden.js';
import { toKnnGraph } from '../golden-knn-graph.js';
import { knnEdges } from '../../src/builtin/knn-edges.js';

describe('propagation', () => {
  const defaults: PropagationRun = { maxSize: 600, step: 0.05, pool: 'none', maxIterations: 100, threshold: -1 };
  // 0, 1, 2 hang together strongly; 2 and 3 list each other, 0.25 one way and 0.875 the other; 4 and 5 weakly; 6 alone.
  const seven = toEdgeProposals(7, [
    [0, 1, 0.875],
    [1, 2, 0.875],
    [2, 3, 0.875],
    [3, 2, 0.25],
    [4, 5, 0.5],
  ]);
  const split = (given: Partial<PropagationRun>): number[] => [
    ...propagation(seven, seven.similarities, { ...defaults, ...given }).values,
  ];

  it('keeps components up to maxSize; an instance without a link is a singleton', () => {
    expect(split({ maxSize: 4 })).to.deep.equal([0, 0, 0, 0, 1, 1, 2]);
  });

  it('pools the two scores of a pair before it takes a component apart', () => {
    // From 0.25 the first threshold is 0.5875 with a step of 0.45: the last score falls, the average of 0.5625 too.
    expect(split({ maxSize: 3, step: 0.45, pool: 'none' })).to.deep.equal([0, 0, 0, 1, 2, 2, 3]);
    expect(split({ maxSize: 3, step: 0.45, pool: 'avg' })).to.deep.equal([0, 0, 0, 1, 2, 2, 3]);
    // With 0.4 it is 0.55: the average stays, and falls at the next level, 0.73.
    const one = { maxSize: 3, step: 0.4, maxIterations: 1 } as const;
    expect(split({ ...one, pool: 'none' })).to.deep.equal([0, 0, 0, 1, 2, 2, 3]);
    expect(split({ ...one, pool: 'avg' })).to.deep.equal([0, 0, 0, 0, 1, 1, 2]);
    expect(split({ ...one, pool: 'max' })).to.deep.equal([0, 0, 0, 0, 1, 1, 2]);
  });

  it('cuts links below threshold first, and starts from the lowest that is left', () => {
    expect(split({ threshold: 0.5 })).to.deep.equal([0, 0, 0, 0, 1, 1, 2]);
    expect(split({ threshold: 0.51 })).to.deep.equal([0, 0, 0, 0, 1, 2, 3]);
  });

  it('has no clusters for no instance, one for one', () => {
    expect(propagation(toEdgeProposals(0, []), [], defaults).clusters).to.equal(0);
    expect(propagation(toEdgeProposals(1, []), [], defaults).clusters).to.equal(1);
  });

  it('says so when the last level leaves a cluster too large', async () => {
    const warnings: string[] = [];
    const forced: number[] = [];
    const log = { debug: () => {}, info: () => {}, warn: (message: string) => warnings.push(message) };
    const { edges, features } = tinyFaces();
    const run = async (given: Partial<PropagationRun>): Promise<void> => {
      const stage = propagationStage.create(
        { ...defaults, ...given },
        testServices({ log, record: (_name, fact) => void forced.push(fact as number) }),
      );
      await stage.deoverlap(edges, { proposals: edges.similarities }, { features });
    };
    await run({});
    expect(warnings).to.deep.equal([]);
    await run({ maxSize: 2, maxIterations: 1 });
    expect(warnings).to.have.length(1);
    expect(forced).to.have.length(2);
    expect(forced[0]).to.equal(0);
    expect(warnings[0]).to.include(`${forced[1]} instances`);
    expect(warnings[0]).to.match(/after 1 levels \d+ instances .* more than 2/);
  });

  it('golden: pooled clustering of directed links', async () => {
    const given = await golden('lgcn/clustering_in.npz');
    const ends = given.get('edges').data as Int32Array;
    const all = given.get('scores').data;
    const graph = csrFromPairs(2000, ends.filter((_, at) => at % 2 === 0), ends.filter((_, at) => at % 2 === 1)); // prettier-ignore
    const edges: EdgeProposals = { kind: 'edges', ...graph, similarities: new Float32Array(all.length) };
    const scores = Float64Array.from(graph.origins, (e) => all[e]);
    const wanted = await golden('lgcn/clustering_labels.npz');
    expect(wanted.names).to.have.length(12);
    for (const name of wanted.names) {
      const [pool, maxSize, step] = name.split('_');
      const labels = propagation(edges, scores, {
        ...defaults,
        pool: pool === 'None' ? 'none' : (pool as 'avg' | 'max'),
        maxSize: Number(maxSize),
        step: Number(step),
      });
      expectLabels(labels, wanted.get(name).data);
    }
  });

  it('golden: from float32 similarities the super vertex partition, its points in no pair as singletons', async () => {
    const edges = knnEdges(toKnnGraph(await goldenKnn('kb')), { k: 0, minSimilarity: -1, mutual: false });
    const wanted = (await golden('proposals/super_vertex.npz')).get('kb_0.7_20').data;
    let next = 10_000;
    const singletons = Int32Array.from(wanted, (label) => (label === -1 ? next++ : label));
    expectLabels(propagation(edges, edges.similarities, { ...defaults, threshold: 0.7, maxSize: 20 }), singletons);
  });
});
