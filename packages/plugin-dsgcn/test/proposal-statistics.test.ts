import { defaultScores } from '@l2c/core';
import { describeStage, testServices, toClusterProposals } from '@l2c/core/testing';
import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { proposalStatistics, proposalStatisticsStage } from '../src/proposal-statistics.js';
import { golden, goldenPath, goldenTruth } from './golden.js';

const limits = { minGood: 0.7, maxBad: 0.3 };

describe('proposal-statistics', () => {
  it('golden statistics of the groups of a file', async () => {
    const text = await readFile(goldenPath('proposals/basic_0.7_pred_labels.txt'), 'utf8');
    const groups = new Map<number, number[]>();
    text
      .trim()
      .split('\n')
      .forEach((label, i) => groups.set(Number(label), [...(groups.get(Number(label)) ?? []), i]));
    const truth = await goldenTruth();
    const found = proposalStatistics(toClusterProposals(2000, [...groups.values()]), truth, limits);
    const file = await golden('extras/stat_cluster.npz');
    const mean = (name: string): number => {
      const values = Array.from(file(`basic_0.7_${name}`).data as Float64Array, Number);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    for (const name of ['iou', 'iop', 'iog'] as const) expect(found[name], name).closeTo(mean(name), 1e-6);
    expect(found.meanSize).closeTo(mean('size'), 1e-9);
    // as the reference prints them
    expect([found.proposals, found.good, found.bad, found.largestSize]).to.deep.equal([780, 97, 636, 125]);
    expect([found.goodCoverage, found.badCoverage].map((share) => share.toFixed(2))).to.deep.equal(['0.60', '0.33']);
    expect(found.coverage).to.equal(1);
    expect(found.identityCoverage.toFixed(2)).to.equal('0.65');
  });

  it('by hand: overlaps, unknown members, a set of nobody known', () => {
    const truth = Int32Array.of(5, 5, 5, 7, 7, -1, -1);
    const sets = toClusterProposals(7, [[0, 1, 2], [2, 3], [4, 5], [5, 6]]); // prettier-ignore
    const found = proposalStatistics(sets, truth, limits);
    expect(found).to.deep.include({ proposals: 4, good: 1, bad: 2, largestSize: 3, coverage: 1, goodCoverage: 0.6 });
    expect(found.iop).closeTo((1 + 0.5 + 1 + 0) / 4, 1e-6);
    expect(found.iog).closeTo((1 + 1 / 3 + 1 / 2 + 0) / 4, 1e-6);
    expect(found.identityCoverage).to.equal(0.5);
  });

  it('of nothing are zeros', () => {
    const { proposals, iou, coverage } = proposalStatistics(toClusterProposals(3, []), Int32Array.of(1, 1, 2), limits);
    expect([proposals, iou, coverage]).to.deep.equal([0, 0, 0]);
  });

  it('are kept as facts, and scores stay as they are', async () => {
    const facts = new Map<string, unknown>();
    const services = testServices({ record: (name, fact) => void facts.set(name, fact) });
    const scorer = proposalStatisticsStage.create({ ...limits }, services);
    const sets = toClusterProposals(3, [[0, 1]]);
    const scores = defaultScores(sets);
    const context = { features: undefined as never, truth: Int32Array.of(1, 1, 2) };
    expect(await scorer.score(sets, context, scores)).to.equal(scores);
    expect(facts.get('iou')).to.equal(1);
    expect(() => scorer.score(sets, { ...context, truth: undefined }, scores)).to.throw('the data has no labels');
  });
});

describe('proposal-statistics keeps the contract', () => {
  describeStage(proposalStatisticsStage, [{}]);
});
