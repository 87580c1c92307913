import { expect } from 'chai';
import { csrFromPairs } from '../../src/graph/csr.js';
import { dynamicThreshold, type DynamicThresholdOptions } from '../../src/graph/dynamic-threshold.js';
import { undirectedPairs, type ScoredPairs } from '../../src/graph/undirected-pairs.js';
import { createRandom } from '../../src/stages/random.js';
import { expectLabels } from '../../src/testing/expect-labels.js';
import { golden, goldenJson, goldenKnn } from '../golden.js';

function pairsOf(n: number, links: readonly (readonly [number, number, number])[]): ScoredPairs {
  const graph = csrFromPairs(n, links.map(([i]) => i), links.map(([, j]) => j)); // prettier-ignore
  return undirectedPairs(
    graph,
    Float64Array.from(graph.origins, (e) => links[e][2]),
    'last',
  );
}

/** The definition, level by level: components among the points that remain, by breadth-first search. */
function slowly(pairs: ScoredPairs, { maxSize, step, maxIterations }: DynamicThresholdOptions): Int32Array {
  const neighbours = Array.from({ length: pairs.n }, () => [] as [number, number][]);
  for (let i = 0; i < pairs.n; i++) {
    for (let e = pairs.offsets[i]; e < pairs.offsets[i + 1]; e++) {
      neighbours[i].push([pairs.targets[e], pairs.scores[e]]);
      neighbours[pairs.targets[e]].push([i, pairs.scores[e]]);
    }
  }
  const labels = new Int32Array(pairs.n).fill(-1);
  let count = 0;
  let remain = new Set([...neighbours.keys()].filter((i) => neighbours[i].length > 0));
  let t = -Infinity;
  let threshold = pairs.minimum;
  for (let level = 0; remain.size > 0; level++) {
    const large = new Set<number>();
    const seen = new Set<number>();
    for (const start of remain) {
      if (seen.has(start)) continue;
      const group = [start];
      seen.add(start);
      for (const i of group) {
        for (const [j, score] of neighbours[i]) {
          if (score < t || seen.has(j)) continue;
          seen.add(j);
          group.push(j);
        }
      }
      if (group.length > maxSize) group.forEach((i) => large.add(i));
      else group.forEach((i) => (labels[i] = count));
      count++;
    }
    remain = large;
    if (level >= maxIterations) {
      remain.forEach((i) => (labels[i] = count));
      break;
    }
    threshold = threshold + (1 - threshold) * step;
    t = threshold;
  }
  return labels;
}

describe('dynamic threshold', () => {
  // Two triangles of strong pairs, joined by one pair of 0.5 (the lowest); 6 hangs on by 0.6.
  const seven = pairsOf(7, [
    [0, 1, 0.9],
    [1, 2, 0.9],
    [0, 2, 0.9],
    [3, 4, 0.8],
    [4, 5, 0.8],
    [3, 5, 0.8],
    [2, 3, 0.5],
    [5, 6, 0.6],
  ]);

  it('keeps components of up to maxSize whole, inclusive', () => {
    const { components, count, forced } = dynamicThreshold(seven, { maxSize: 7, step: 0.1, maxIterations: 100 });
    expect([...components]).to.deep.equal([0, 0, 0, 0, 0, 0, 0]);
    expect([count, forced]).to.deep.equal([1, 0]);
  });

  it('takes a larger one apart where its pairs are weakest', () => {
    // t = 0.55 after one level: the bridge falls.
    const { components } = dynamicThreshold(seven, { maxSize: 6, step: 0.1, maxIterations: 100 });
    expect([...components]).to.deep.equal([0, 0, 0, 1, 1, 1, 1]);
  });

  it('goes on with what is still too large', () => {
    // t = 0.55, 0.595, 0.6355: 6 falls off at the third.
    const { components } = dynamicThreshold(seven, { maxSize: 3, step: 0.1, maxIterations: 100 });
    expect([...components]).to.deep.equal([0, 0, 0, 1, 1, 1, 2]);
  });

  it('puts what the last level leaves into one component, from wherever', () => {
    const { components, forced } = dynamicThreshold(seven, { maxSize: 2, step: 0.1, maxIterations: 3 });
    expect([...components]).to.deep.equal([0, 0, 0, 0, 0, 0, 1]);
    expect(forced).to.equal(6);
  });

  it('keeps a pair whose score equals the threshold', () => {
    const chain = pairsOf(4, [
      [0, 1, 0],
      [1, 2, 0.5],
      [2, 3, 0.4999],
    ]);
    expect([...dynamicThreshold(chain, { maxSize: 2, step: 0.5, maxIterations: 1 }).components]).to.deep.equal([
      0, 1, 1, 2,
    ]);
  });

  it('gives no component to points in no pair', () => {
    const { components, count } = dynamicThreshold(pairsOf(4, [[1, 3, 0.2]]), {
      maxSize: 1,
      step: 1,
      maxIterations: 5,
    });
    expect([...components]).to.deep.equal([-1, 0, -1, 1]);
    expect(count).to.equal(2);
  });

  it('does with no points and no pairs', () => {
    expect(dynamicThreshold(pairsOf(0, []), { maxSize: 3, step: 0.1, maxIterations: 2 }).count).to.equal(0);
    expect([...dynamicThreshold(pairsOf(2, []), { maxSize: 3, step: 0.1, maxIterations: 2 }).components]).to.deep.equal(
      [-1, -1],
    );
  });

  it('stops by force where no score can fall below: all above 1, or a step of 0', () => {
    const above = pairsOf(3, [
      [0, 1, 3],
      [1, 2, 2],
    ]);
    expect(dynamicThreshold(above, { maxSize: 2, step: 0.5, maxIterations: 10 }).forced).to.equal(3);
    expect(dynamicThreshold(seven, { maxSize: 2, step: 0, maxIterations: 10 }).forced).to.equal(7);
  });

  it('equals the definition on random graphs', () => {
    const random = createRandom(11);
    for (let round = 0; round < 300; round++) {
      const n = 1 + random.integer(40);
      const links = Array.from(
        { length: random.integer(120) },
        () => [random.integer(n), random.integer(n), Math.round(random.next() * 30) / 30] as const,
      );
      const pairs = pairsOf(n, links);
      const options = {
        maxSize: 1 + random.integer(12),
        step: [0.01, 0.05, 0.3, 1][random.integer(4)],
        maxIterations: 1 + random.integer(30),
      };
      expectLabels(dynamicThreshold(pairs, options).components, slowly(pairs, options));
    }
  });

  it('golden: the forced stop, after 100 levels and after 3', async () => {
    interface ForcedStop {
      readonly edges: [number, number][];
      readonly scores: number[];
      readonly max_sz: number;
      readonly step: number;
      readonly components: number[][];
      readonly components_max_iter_3: number[][];
    }
    const file = await goldenJson<ForcedStop>('proposals/forced_stop.json');
    const pairs = pairsOf(32, file.edges.map(([i, j], e) => [i, j, file.scores[e]] as const)); // prettier-ignore
    for (const [maxIterations, wanted] of [
      [100, file.components],
      [3, file.components_max_iter_3],
    ] as const) {
      const labels = new Int32Array(32).fill(-1);
      wanted.forEach((group, name) => group.forEach((i) => (labels[i] = name)));
      expectLabels(
        dynamicThreshold(pairs, { maxSize: file.max_sz, step: file.step, maxIterations }).components,
        labels,
      );
    }
  });

  it('golden: every super vertex partition', async () => {
    const info =
      await goldenJson<Record<string, { th_knn: number; th_step: number; maxsz: number }>>('proposals/info.json');
    const wanted = await golden('proposals/super_vertex.npz');
    expect(wanted.names).to.have.length(11);
    for (const name of wanted.names) {
      const knn = await goldenKnn(name.split('_')[0] as 'kb' | 'ks' | 'hnsw');
      const { th_knn, th_step, maxsz } = info[`sv_${name}`];
      const pairs = undirectedPairs(knn, knn.similarities, 'first', th_knn);
      const { components } = dynamicThreshold(pairs, { maxSize: maxsz, step: th_step, maxIterations: 100 });
      expectLabels(components, wanted.get(name).data);
    }
  });

  it('golden: super vertices among exact duplicates', async () => {
    const knn = await goldenKnn('ties');
    const pairs = undirectedPairs(knn, knn.similarities, 'first', 0.5);
    const { components } = dynamicThreshold(pairs, { maxSize: 8, step: 0.05, maxIterations: 100 });
    expectLabels(components, (await golden('ties/out.npz')).get('sv_labels').data);
  });
});
