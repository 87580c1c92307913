import { Features, L2cError, toLabels, type ClusterProposals } from '@l2c/core';
import { describeStage, expectLabels, testServices, tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { meanShift, meanShiftStage, type MeanShiftOptions } from '../src/mean-shift.js';
import { gridSeeds, instanceSeeds } from '../src/shift-seeds.js';
import { firstRows, goldenFaces, goldenLabels, ofEuclidean } from './golden-faces.js';

const services = testServices();
const defaults: MeanShiftOptions = {
  maxDistance: 0.4,
  seeding: 'instances',
  minSeedSize: 1,
  iterations: 300,
  assignAll: true,
};

/** Points of the plane for which the arithmetic can be done by hand; a bandwidth of 1 is a maxDistance of 1/2. */
const line = (...xs: number[]): Features => Features.from(xs.flatMap((x) => [x, 0]), 2); // prettier-ignore
const unit = { ...defaults, maxDistance: 0.5 };

describe('mean-shift', () => {
  describeStage(meanShiftStage, [
    {},
    { options: { maxDistance: 0.2, assignAll: false } },
    { options: { seeding: 'grid', maxDistance: 0.6, minSeedSize: 2 } },
  ]);

  it('moves each start to the mean of what is within the bandwidth, until it stands', async () => {
    // 0 -> mean(0, .75) -> mean(0, .75) stands; 3 and 4 meet halfway; 9 stays
    const { labels, centres } = await meanShift(line(0, 0.75, 3, 4, 9), unit, services);
    expectLabels(labels, [0, 0, 1, 1, 2]);
    const places = Array.from({ length: centres.count }, (_, c) => centres.values[2 * c]);
    expect(places).to.deep.equal([3.5, 0.375, 9]); // most instances first, then the larger coordinate
  });

  it('counts what is exactly at the bandwidth', async () => {
    expectLabels((await meanShift(line(0, 1), unit, services)).labels, [0, 0]);
    expectLabels((await meanShift(line(0, 1.001), unit, services)).labels, [0, 1]);
  });

  it('keeps of near places the one with more instances', async () => {
    // 0 and 0.9 come to 0.96, where all five are in reach; 1.3 comes to 1.2, where four are
    const { labels, centres } = await meanShift(line(0, 0.9, 1.3, 1.3, 1.3), unit, services);
    expect(centres.count).to.equal(1);
    expect(new Set(labels).size).to.equal(1);
    expect(centres.values[0]).to.be.closeTo(0.96, 1e-6);
  });

  it('stops after the iterations it may make', async () => {
    // 0.9 goes to 1.35, and on to 1.62, where 1.8 goes at once; 0 goes to 0.45
    const chain = line(0, 0.9, 1.8, 1.8, 1.8, 1.8);
    const places = async (iterations: number): Promise<number[]> => {
      const { centres } = await meanShift(chain, { ...unit, iterations }, services);
      return Array.from({ length: centres.count }, (_, c) => Math.round(100 * centres.values[2 * c]) / 100);
    };
    expect(await places(0)).to.deep.equal([1.35]);
    expect(await places(300)).to.deep.equal([1.62, 0.45]);
  });

  it('leaves far instances alone where it is not to assign all', async () => {
    const far = line(0, 0, 5.6); // the only corner of minSeedSize 2 is the origin
    const options: MeanShiftOptions = { ...unit, seeding: 'grid', minSeedSize: 2 };
    expect([...(await meanShift(far, options, services)).labels]).to.deep.equal([0, 0, 0]);
    expect([...(await meanShift(far, { ...options, assignAll: false }, services)).labels]).to.deep.equal([0, 0, -1]);
  });

  it('rounds to the grid, halves to the even corner', () => {
    const seeds = gridSeeds(line(0.5, 1.5, 2.5, 0.2, 7), 1, 2);
    expect([...seeds.values]).to.deep.equal([0, 0, 2, 0]);
    const corners = gridSeeds(line(-0.4, 0.4, 0.6), 1, 1);
    expect([...corners.values]).to.deep.equal([0, 0, 1, 0]);
  });

  it('starts at the instances where the grid tells all apart, and once where they are equal', () => {
    expect([...gridSeeds(line(0.2, 1.3, 7), 1, 1).values]).to.deep.equal([...line(0.2, 1.3, 7).blocks[0]]);
    expect(instanceSeeds(line(1, 1, 2, 1)).count).to.equal(2);
  });

  it('makes one cluster of equal instances', async () => {
    const equal = Features.from(new Array<number[]>(600).fill([0.6, 0.8]).flat(), 2);
    expect(new Set((await meanShift(equal, defaults, services)).labels).size).to.equal(1);
  });

  it('splits the first 400 golden faces as the reference does', async () => {
    const features = firstRows(await goldenFaces(), 400);
    const stage = meanShiftStage.create({ ...defaults, maxDistance: ofEuclidean(0.9) }, services);
    const { offsets, members } = (await stage.propose(features, undefined)) as ClusterProposals;
    const labels = new Array<number>(400).fill(-1);
    for (let p = 0; p + 1 < offsets.length; p++) {
      for (let e = offsets[p]; e < offsets[p + 1]; e++) labels[members[e]] = p;
    }
    expectLabels(toLabels(labels), await goldenLabels('meanshift_first400_bw0.9'));
  });

  it('refuses a grid without instances near, with a way out, and stops when told to', async () => {
    const { features } = tinyFaces();
    const stage = meanShiftStage.create({ ...defaults, seeding: 'grid', maxDistance: 0.32 }, services);
    const wide = Features.from([...new Array<number>(16).fill(0.25), ...new Array<number>(16).fill(-0.25)], 16);
    const refused: unknown = await Promise.resolve(stage.propose(wide, undefined)).catch((reason: unknown) => reason);
    expect(refused).to.be.instanceOf(L2cError);
    expect((refused as L2cError).message).to.contain('start at instances');
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    const run = meanShift(features, defaults, testServices({ signal: stop.signal }));
    expect(await run.catch((reason: unknown) => reason)).to.have.property('message', 'enough');
  });
});
