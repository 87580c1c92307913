import { expect } from 'chai';
import { groundTruth, groundTruthStage } from '../../src/builtin/ground-truth.js';
import { L2cError } from '../../src/errors.js';
import { testServices } from '../../src/testing/test-services.js';
import { tinyFaces, toClusterProposals, toEdgeProposals } from '../../src/testing/tiny-faces.js';
import { golden, goldenMeta } from '../golden.js';

describe('ground-truth', () => {
  // Identity 5 has 0, 1, 2; identity 9 has 3, 4; 5 and 6 are unknown.
  const truth = Int32Array.of(5, 5, 5, 9, 9, -1, -1);
  const iou = { target: 'iou', members: false } as const;

  it('scores links of one identity 1, others 0, and nobody knows the unknown', () => {
    const edges = toEdgeProposals(7, [
      [0, 1, 0.9],
      [0, 3, 0.8],
      [4, 3, 0.7],
      [5, 6, 0.6],
      [6, 0, 0.5],
    ]);
    expect([...groundTruth(edges, truth, iou).proposals]).to.deep.equal([1, 0, 1, 0, 0]);
  });

  it('scores sets by IoU or IoP with the majority', () => {
    const sets = toClusterProposals(7, [[0, 1, 2], [0, 1, 3], [3], [3, 4, 0]]); // prettier-ignore
    const close = (target: 'iou' | 'iop', wanted: number[]): void => {
      const found = groundTruth(sets, truth, { target, members: false }).proposals;
      wanted.forEach((score, p) => expect(found[p]).to.equal(Math.fround(score)));
    };
    close('iou', [1, 2 / 4, 1 / 2, 2 / 3]);
    close('iop', [1, 2 / 3, 1, 2 / 3]);
  });

  it('of two majorities takes the one that a member shows first', () => {
    const sets = toClusterProposals(7, [[3, 0], [0, 3]]); // prettier-ignore
    const scores = groundTruth(sets, truth, { target: 'iou', members: true });
    expect([...scores.proposals]).to.deep.equal([1 / 3, 1 / 4].map(Math.fround));
    expect([...(scores.members ?? [])]).to.deep.equal([1, 0, 1, 0]);
  });

  it('leaves the unknown out of sets, and calls no unknown member an inlier', () => {
    const sets = toClusterProposals(7, [[5, 0, 6, 1, 2], [5, 6], []]); // prettier-ignore
    const scores = groundTruth(sets, truth, { target: 'iou', members: true });
    expect([...scores.proposals]).to.deep.equal([1, 0, 0]);
    expect([...(scores.members ?? [])]).to.deep.equal([0, 1, 0, 1, 1, 0, 0]);
  });

  it('gives member scores only where asked to', () => {
    expect(groundTruth(toClusterProposals(7, [[0]]), truth, iou)).to.not.have.property('members');
  });

  it('is perfect on the true identities', () => {
    const { identities, truth: labels } = tinyFaces();
    for (const target of ['iou', 'iop'] as const) {
      expect(new Set(groundTruth(identities, labels, { target, members: false }).proposals)).to.deep.equal(
        new Set([1]),
      );
    }
  });

  it('refuses data without labels, and keeps earlier scores', async () => {
    const { clusters, features, truth: labels, confidence } = tinyFaces();
    const stage = groundTruthStage.create({ ...iou }, testServices());
    const previous = { proposals: new Float32Array(clusters.offsets.length - 1), vertices: confidence };
    expect(() => stage.score(clusters, { features }, previous))
      .to.throw(L2cError, 'no labels')
      .with.property('code', 'E_STAGE');
    const scores = await stage.score(clusters, { features, truth: labels }, previous);
    expect(scores.vertices).to.equal(confidence);
  });

  it('golden: IoU and IoP of 191 proposals', async () => {
    const file = await golden('dsgcn/proposals.npz');
    const proposals = {
      kind: 'clusters',
      n: 2000,
      offsets: file.get('offsets').data as Int32Array,
      members: file.get('members').data as Int32Array,
    } as const;
    const labels = await goldenMeta('data/synth2k.meta');
    for (const target of ['iou', 'iop'] as const) {
      const found = groundTruth(proposals, labels, { target, members: false }).proposals;
      expect([...found]).to.deep.equal([...file.get(target).data]);
    }
  });
});
