import { expect } from 'chai';
import { groundTruth } from '../../src/builtin/ground-truth.js';
import { nms, type NmsOptions } from '../../src/builtin/nms.js';
import type { ClusterProposals } from '../../src/data/proposals.js';
import { expectLabels } from '../../src/testing/expect-labels.js';
import { toClusterProposals } from '../../src/testing/tiny-faces.js';
import { golden, goldenMeta } from '../golden.js';

/** The label groups of the files, one set each, in order of first appearance. */
function setsOf(n: number, files: readonly Int32Array[]): ClusterProposals {
  const sets: number[][] = [];
  for (const labels of files) {
    const groups = new Map<number, number[]>();
    labels.forEach((label, i) => groups.set(label, [...(groups.get(label) ?? []), i]));
    sets.push(...groups.values());
  }
  return toClusterProposals(n, sets);
}

async function goldenProposals(): Promise<ClusterProposals> {
  const file = await golden('dsgcn/proposals.npz');
  const list = (name: string): Int32Array => file.get(name).data as Int32Array;
  return { kind: 'clusters', n: 2000, offsets: list('offsets'), members: list('members') };
}

describe('nms', () => {
  const defaults: NmsOptions = { minScore: -1, maxIou: 1, minInlier: 0.5, outliers: 'drop' };
  const sets = toClusterProposals(7, [[0, 1, 2, 3], [2, 3, 4], [4, 5]]); // prettier-ignore
  const split = (scores: number[], given: Partial<NmsOptions> = {}, members?: number[]): number[] => {
    const ratings = members === undefined ? undefined : Float32Array.from(members);
    return [...nms(sets, { proposals: Float32Array.from(scores), members: ratings }, { ...defaults, ...given }).values];
  };

  it('gives each instance to its best proposal; what none holds is a singleton', () => {
    expect(split([0.9, 0.8, 0.7])).to.deep.equal([0, 0, 0, 0, 1, 2, 3]);
    expect(split([0.7, 0.9, 0.8])).to.deep.equal([0, 0, 1, 1, 1, 2, 3]);
  });

  it('breaks ties by the lower index', () => {
    expect(split([0.5, 0.5, 0.5])).to.deep.equal([0, 0, 0, 0, 1, 2, 3]);
    expect(split([0, -0, 0.5])).to.deep.equal([0, 0, 0, 0, 1, 1, 2]);
  });

  it('drops proposals below minScore, keeps those equal to it, and drops NaN', () => {
    expect(split([0.25, 0.5, 0.75], { minScore: 0.5 })).to.deep.equal([0, 1, 2, 2, 3, 3, 4]);
    expect(split([NaN, 0.5, 0.75])).to.deep.equal([0, 1, 2, 2, 3, 3, 4]);
    expect(split([0.25, 0.5, 0.75], { minScore: 1 })).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
  });

  it('drops what overlaps a better proposal by more than maxIou', () => {
    // Sets 0 and 1 share 2 of 5; sets 1 and 2 share 1 of 4.
    expect(split([0.9, 0.8, 0.7], { maxIou: 0.4 })).to.deep.equal([0, 0, 0, 0, 1, 2, 3]);
    expect(split([0.9, 0.8, 0.7], { maxIou: 0.3 })).to.deep.equal([0, 0, 0, 0, 1, 1, 2]);
  });

  it('drops members rated minInlier or less, or gives them sets of their own after all inliers', () => {
    const members = [1, 1, 0.5, 0.1, 0.9, 0.9, 0.9, 1, 0.2];
    // Inliers: {0, 1}, {2, 3, 4}, {4}; outliers: {2, 3}, {5}.
    expect(split([0.9, 0.8, 0.7], {}, members)).to.deep.equal([0, 0, 1, 1, 1, 2, 3]);
    const ratings = [1, 1, 0.5, 0.1, 0.1, 0.1, 0.1, 1, 0.2];
    // Inliers: {0, 1}, {}, {4}; outliers: {2, 3}, {2, 3, 4}, {5}.
    expect(split([0.9, 0.8, 0.7], { outliers: 'drop' }, ratings)).to.deep.equal([0, 0, 1, 2, 3, 4, 5]);
    expect(split([0.9, 0.8, 0.7], { outliers: 'own' }, ratings)).to.deep.equal([0, 0, 1, 1, 2, 3, 4]);
  });

  it('survives proposals whose members are all outliers', () => {
    expect(split([0.9, 0.8, 0.7], { maxIou: 0.1 }, new Array(9).fill(0))).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
    expect(split([0.9, 0.8, 0.7], { maxIou: 0, outliers: 'own' }, new Array(9).fill(0))).to.deep.equal([
      0, 0, 0, 0, 1, 1, 2,
    ]);
  });

  it('has no clusters for no instance, one for one', () => {
    const none = { proposals: new Float32Array(0) };
    expect(nms(toClusterProposals(0, []), none, defaults).clusters).to.equal(0);
    expect(nms(toClusterProposals(1, []), none, { ...defaults, maxIou: 0 }).clusters).to.equal(1);
  });

  it('golden: deoverlap, with and without outliers', async () => {
    const proposals = await goldenProposals();
    const given = await golden('dsgcn/deoverlap_in.npz');
    const wanted = await golden('dsgcn/deoverlap_labels.npz');
    const pointers = given.get('outlier_ptr').data;
    const rated = given.get('outlier').data;
    const members = new Float32Array(proposals.members.length).fill(1); // a proposal without ratings keeps all
    for (let p = 0; p + 1 < proposals.offsets.length; p++) {
      for (let c = 0; c < pointers[p + 1] - pointers[p] && proposals.offsets[p] + c < proposals.offsets[p + 1]; c++) {
        members[proposals.offsets[p] + c] = rated[pointers[p] + c];
      }
    }
    expect(wanted.names).to.have.length(38);
    for (const name of wanted.names) {
      const match = /^(\w+?)_(?:outlier_keep(\d)_tho([\d.]+)_)?pos(-?[\d.]+)_iou([\d.]+)$/.exec(name);
      if (match === null) throw new RangeError(name);
      const [, score, keep, minInlier, minScore, maxIou] = match;
      const scores = given.get(`score_${score}`).data as Float32Array;
      const labels = nms(
        proposals,
        { proposals: scores, members: minInlier === undefined ? undefined : members },
        {
          minScore: Number(minScore),
          maxIou: Number(maxIou),
          minInlier: Number(minInlier ?? 0.5),
          outliers: keep === '1' ? 'own' : 'drop',
        },
      );
      expectLabels(labels, wanted.get(name).data);
    }
  });

  it('golden: the upper bound of GCN-D, by true IoU', async () => {
    const names = ['basic_0.7', 'iter1_0', 'iter1_1'];
    const files = await Promise.all(names.map((name) => goldenMeta(`proposals/${name}_pred_labels.txt`)));
    const proposals = setsOf(2000, files);
    const truth = await goldenMeta('data/synth2k.meta');
    const scores = groundTruth(proposals, truth, { target: 'iou', members: false });
    const wanted = await golden('dsgcn/upper_bound_labels.npz');
    expectLabels(nms(proposals, scores, defaults), wanted.get('ub_pos-1_iou1').data);
    // The tool keeps what is strictly above 0.3; a float32 of 0.3 or less is below the next double.
    const above = { ...defaults, minScore: Math.fround(0.3) + 1e-7, maxIou: 0.5 };
    expectLabels(nms(proposals, scores, above), wanted.get('ub_pos0.3_iou0.5').data);
  });
});
