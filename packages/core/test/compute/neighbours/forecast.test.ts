import { expect } from 'chai';
import { announce, duration, Pace } from '../../../src/compute/neighbours/forecast.js';
import { idleServices } from '../../../src/pipeline/idle-services.js';

describe('forecast', () => {
  const said = (seconds: number, bytes: number): string[] => {
    const lines: string[] = [];
    announce({ ...idleServices.log, info: (line) => lines.push(line) }, seconds, bytes);
    return lines;
  };

  it('says what takes more than a minute, with its memory', () => {
    expect(said(59, 4e9)).to.deep.equal([]);
    expect(said(60, 4.04e9)).to.deep.equal(['this will take about 60 seconds and 4.0 GB of memory']);
    expect([150, 7000, 7200, 36000].map(duration)).to.deep.equal([
      '3 minutes',
      '117 minutes',
      '2.0 hours',
      '10.0 hours',
    ]);
  });

  it('judges the rest by what was done once threads had started, and tells once', () => {
    let clock = 100;
    const told: number[] = [];
    const pace = new Pace(
      (seconds) => told.push(seconds),
      () => clock,
    );
    const at = (seconds: number, done: number): void => {
      clock = 100 + seconds;
      pace.update(done, 1000);
    };
    at(0.5, 3); // one thread
    at(2, 20);
    at(7.5, 75);
    expect(told).to.deep.equal([]);
    at(8, 80); // 10 a second: 920 are left
    expect(told).to.deep.equal([100]);
    at(9, 400);
    expect(told.length).to.equal(1);
  });

  it('waits until something was done', () => {
    let clock = 0;
    const told: number[] = [];
    const pace = new Pace(
      (seconds) => told.push(seconds),
      () => clock,
    );
    for (clock of [2, 9, 20]) pace.update(0, 10);
    expect(told).to.deep.equal([]);
    clock = 21;
    pace.update(1, 10);
    expect(told).to.deep.equal([21 + 9 * 19]);
  });
});
