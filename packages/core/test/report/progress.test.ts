import { Writable } from 'node:stream';
import { expect } from 'chai';
import type { StagePlan } from '../../src/pipeline/plan.js';
import type { StageReport } from '../../src/pipeline/run.js';
import { progressLine, stageProgress } from '../../src/report/progress.js';
import { durationText } from '../../src/report/terminal/duration.js';
import { LiveLine } from '../../src/report/terminal/live-line.js';
import { PaceMeter } from '../../src/report/terminal/pace.js';
import { FakeTerminal } from './terminal/fake-terminal.js';

const stage = { definition: { kind: 'knnBuilder' }, fullName: 'core/exact' } as unknown as StagePlan;
const report = { kind: 'knnBuilder', stage: 'core/exact', cached: false, seconds: 1.5, counts: { neighbours: 80 } };
const ended = report as unknown as StageReport;

describe('progress of stages', () => {
  const pace = { part: 0.417, perSecond: 12_345.6, secondsLeft: 65 };

  it('says how much is done, how fast it goes and how long it takes, the least missed left out first', () => {
    const whole = 'clusters  exact  [========            ] 41 %, 12,346/s, 1 min 05 s left';
    expect(progressLine('clusters  exact', pace, whole.length)).to.equal(whole);
    expect(progressLine('clusters  exact', pace, 99, 'pairs')).to.include(' 41 %, 12,346 pairs/s, 1 min');
    expect(progressLine('clusters  exact', pace, whole.length - 1)).to.equal('clusters  exact  41 %, 12,346/s, 1 min 05 s left'); // prettier-ignore
    expect(progressLine('clusters  exact', pace, 40)).to.equal('clusters  exact  41 %, 1 min 05 s left');
    expect(progressLine('clusters  exact', pace, 30)).to.equal('clu…act  41 %, 1 min 05 s left');
    for (let width = 1; width < 80; width++) expect(progressLine('clusters  exact', pace, width).length).at.most(width);
  });

  it('measures work that begins anew from there, and knows no rate of shares', () => {
    const meter = new PaceMeter(10);
    expect(meter.update(0, 100, 10)).to.deep.equal({ part: 0, perSecond: undefined, secondsLeft: undefined });
    expect(meter.update(20, 100, 12)).to.deep.equal({ part: 0.2, perSecond: 10, secondsLeft: 8 });
    expect(meter.update(5, 100, 20).secondsLeft).to.equal(undefined);
    expect(meter.update(15, 100, 22)).to.deep.equal({ part: 0.15, perSecond: 5, secondsLeft: 17 });
    const shares = new PaceMeter(0);
    expect(shares.update(0.25, 1, 1)).to.deep.equal({ part: 0.25, perSecond: undefined, secondsLeft: 3 });
  });

  it('reads times as people do', () => {
    const texts = [0.4, 59.4, 59.6, 65, 3599.6, 4800].map((seconds) => durationText(seconds));
    expect(texts).to.deep.equal(['0 s', '59 s', '1 min 00 s', '1 min 05 s', '1 h 00 min', '1 h 20 min']);
  });

  it('moves on one line of a terminal, warnings above it, and leaves a line per stage', () => {
    const terminal = new FakeTerminal(60);
    const line = new LiveLine(terminal.stream);
    const { stageStarted, stageEnded } = stageProgress(line);
    stageStarted('a pipeline with a name that is much too long for this line', stage);
    expect(terminal.lines.length).to.equal(1);
    line.warn('a warning that goes over the end of the line and so is broken between words');
    expect(terminal.lines[0]).to.equal('warning: a warning that goes over the end of the line and so');
    expect(terminal.lines[1]).to.equal('    is broken between words');
    expect(terminal.lines[2]).to.match(/^a pipeline.*…/);
    stageEnded('short', ended);
    expect(terminal.lines.slice(2)).to.deep.equal(['short  knnBuilder exact  1.50 s, 80 neighbours']);
    expect(terminal.widest).at.most(60);
  });

  it('leaves a file the finished lines alone, whole, without colour', () => {
    let text = '';
    const file = new Writable({ write: (chunk, _, next) => ((text += String(chunk)), next()) });
    const line = new LiveLine(file as unknown as NodeJS.WriteStream);
    const { stageStarted, stageEnded, progress } = stageProgress(line);
    stageStarted('x', stage);
    progress.update(1, 2);
    line.warn('w'.repeat(200));
    stageEnded('x', ended);
    expect(text).to.equal(`warning: ${'w'.repeat(200)}\nx  knnBuilder exact  1.50 s, 80 neighbours\n`);
  });

  it('tells a file once how long a stage will take, where that is more than a minute and it has not said so itself', () => {
    for (const [kind, steps, expected] of [
      ['scorer', 100, 'x  scorer exact  will take about 101 seconds\n'],
      ['scorer', 50, ''],
      ['knnBuilder', 100, ''],
    ] as const) {
      let text = '';
      const file = new Writable({ write: (chunk, _, next) => ((text += String(chunk)), next()) });
      let time = 5;
      const { stageStarted, progress } = stageProgress(new LiveLine(file as unknown as NodeJS.WriteStream), () => time);
      stageStarted('x', { ...stage, definition: { kind } } as unknown as StagePlan);
      for (let done = 0; done < steps; done++, time++) progress.update(done, steps + 1);
      expect(text, `${kind} ${steps}`).to.equal(expected);
    }
  });
});
