import { expect } from 'chai';
import { suppressOverlaps } from '../../src/builtin/suppress-overlaps.js';
import { nms } from '../../src/builtin/nms.js';
import { createRandom } from '../../src/stages/random.js';
import { expectLabels } from '../../src/testing/expect-labels.js';
import { toClusterProposals } from '../../src/testing/tiny-faces.js';
import { goldenJson } from '../golden.js';

/** Greedy suppression over all pairs. */
function slowly(sets: readonly (readonly number[])[], maxIou: number): number[] {
  const suppressed = sets.map(() => 0);
  sets.forEach((set, c) => {
    for (let better = 0; better < c && suppressed[c] === 0; better++) {
      if (suppressed[better] === 1) continue;
      const shared = set.filter((i) => sets[better].includes(i)).length;
      const union = set.length + sets[better].length - shared;
      if (union > 0 && shared / union > maxIou) suppressed[c] = 1;
    }
  });
  return suppressed;
}

describe('suppress overlaps', () => {
  it('drops a set above maxIou and keeps one equal to it', () => {
    const sets = toClusterProposals(4, [[0, 1, 2], [1, 2, 3], [3]]); // prettier-ignore
    expect([...suppressOverlaps(sets, 0.5)]).to.deep.equal([0, 0, 0]);
    expect([...suppressOverlaps(sets, 0.49)]).to.deep.equal([0, 1, 0]);
    expect([...suppressOverlaps(sets, 0)]).to.deep.equal([0, 1, 0]);
  });

  it('lets a dropped set drop no others', () => {
    const chain = toClusterProposals(4, [[0, 1], [1, 2], [2, 3]]); // prettier-ignore
    expect([...suppressOverlaps(chain, 0)]).to.deep.equal([0, 1, 0]);
  });

  it('divides by no zero where sets are empty', () => {
    expect([...suppressOverlaps(toClusterProposals(1, [[], [], [0], []]), 0)]).to.deep.equal([0, 0, 0, 0]);
    expect(suppressOverlaps(toClusterProposals(0, []), 0)).to.have.length(0);
  });

  it('equals the comparison of all pairs on random sets', () => {
    const random = createRandom(4);
    for (let round = 0; round < 200; round++) {
      const n = 1 + random.integer(15);
      const sets = Array.from({ length: random.integer(20) }, () => {
        const all = random.shuffle(Int32Array.from({ length: n }, (_, i) => i));
        return [...all.subarray(0, random.integer(n + 1))];
      });
      const maxIou = [0, 0.2, 0.5, 0.9][random.integer(4)];
      expect([...suppressOverlaps(toClusterProposals(n, sets), maxIou)]).to.deep.equal(slowly(sets, maxIou));
    }
  });

  it('golden: nms(clusters, th)', async () => {
    interface NmsSmall {
      readonly clusters: number[][];
      readonly results: { readonly th: number; readonly idx2lb: Record<string, number> }[];
    }
    const { clusters, results } = await goldenJson<NmsSmall>('dsgcn/nms_small.json');
    expect(results).to.have.length(5);
    const proposals = toClusterProposals(9, clusters);
    const scores = Float32Array.from(clusters, (_, p) => -p);
    for (const { th, idx2lb } of results) {
      const labels = nms(
        proposals,
        { proposals: scores },
        { minScore: -100, maxIou: th, minInlier: 0.5, outliers: 'drop' },
      );
      expectLabels(
        labels,
        Array.from({ length: 9 }, (_, i) => idx2lb[i] ?? 100 + i),
      ); // uncovered: a singleton
    }
  });
});
