import { expect } from 'chai';
import type { FinishedPipeline } from '../../../src/pipeline/finished-pipeline.js';
import { Replay } from '../../../src/pipeline/replay.js';
import { runFiles } from '../../../src/pipeline/run-files.js';
import { curveText } from '../../../src/report/html/page/curve-text.js';
import { thresholdCurve } from '../../../src/report/html/threshold-curve.js';
import { dataYaml, quietRun, Sandbox } from '../../pipeline/sandbox.js';

const links = 'knnBuilder: { type: exact, k: 12 }\nproposalGenerator: knn-edges\n';

describe('thresholdCurve', () => {
  let box: Sandbox;
  before(() => {
    box = new Sandbox();
    box.faces({ identities: 8, size: 10, noise: 0.6 });
  });
  after(() => box.remove());

  const finished = async (threshold: string, data = dataYaml): Promise<FinishedPipeline> => {
    const yaml = `${data}${links}deoverlapper: { type: connected-components, threshold: ${threshold} }\n`;
    await runFiles([box.write('pipeline.yaml', yaml)], quietRun());
    return new Replay(quietRun()).outcome(box.file('runs/pipeline'));
  };
  const names = ['BCubed precision', 'BCubed recall', 'BCubed F', 'largest cluster'];

  it('measures a threshold that was given, and others', async () => {
    const outcome = await finished('0.5');
    const { curve, note } = await thresholdCurve(outcome, 1000);
    expect(note).to.equal(undefined);
    expect(curve!.plateau).to.equal(undefined);
    expect(curve!.lines.map(({ name }) => name)).to.deep.equal(names);
    expect(curve!.values).to.have.length.within(20, 26).and.include(0.5);
    expect(curve!.values).to.deep.equal([...curve!.values].sort((a, b) => a - b));
    const at = curve!.values.indexOf(0.5);
    expect(curve!.lines[2].values[at]).closeTo(outcome.summary.metrics!['bcubed f'], 1e-12);
    const recall = curve!.lines[1].values as number[];
    for (let i = 1; i < recall.length; i++) expect(recall[i]).at.most(recall[i - 1] + 1e-12);
  });

  it('shows what a choice was made from beside what it is worth, and says no word against it', async () => {
    const outcome = await finished('auto');
    const { curve, threshold, note } = await thresholdCurve(outcome, 1000);
    expect(note).to.equal(undefined);
    expect(curve!.lines.map(({ name }) => name)).to.deep.equal([...names, 'stability']);
    expect(curve!.plateau![0]).at.most(threshold!.value).and.at.most(curve!.plateau![1]);
    const at = curve!.values.indexOf(threshold!.value);
    for (const { values, name } of curve!.lines) expect(values[at], name).to.be.a('number');
  });

  it('measures the value itself where there is no time for others', async () => {
    const outcome = await finished('auto');
    // the stage was quick, as far as its record goes
    const stages = outcome.result.stages.map((stage) => ({ ...stage, seconds: 0 }));
    const { curve, note } = await thresholdCurve({ ...outcome, result: { ...outcome.result, stages } }, 1e-9);
    expect(note).to.include('BCubed at other thresholds was not measured');
    const line = (name: string) => curve!.lines.find((each) => each.name === name)!.values.filter((v) => v !== null);
    expect(line('BCubed F')).to.deep.equal([outcome.summary.metrics!['bcubed f']]);
    expect(line('largest cluster')).to.have.length(curve!.values.length);
  });

  it('says that nothing was measured only where something was not', async () => {
    const chosen = await thresholdCurve(await finished('auto'), 0);
    expect(chosen.curve!.lines.map(({ name }) => name)).to.deep.equal(['stability', 'largest cluster']);
    expect(chosen.note).to.match(
      /^pipeline: core\/connected-components takes about \S+ s for each, so BCubed at other/,
    );
    const given = await thresholdCurve(await finished('0.5'), 0);
    expect(given.curve).to.equal(undefined);
    expect(given.note).to.include('so other thresholds were not tried; "l2c report FOLDER --curve"');
    const blind = await thresholdCurve(await finished('auto', dataYaml.replace(', labels: labels.meta', '')), 0);
    expect(blind.note).to.equal(undefined);
    expect(blind.curve!.lines.map(({ name }) => name)).to.deep.equal(['stability', 'largest cluster']);
  });

  it('reads so that the chosen value and the best one do not contradict each other', () => {
    const values = [0.4, 0.5, 0.6];
    const f = (...scores: (number | null)[]) => [{ name: 'BCubed F', values: scores }];
    const text = (lines: ReturnType<typeof f>, plateau?: number[]) =>
      curveText({ option: 'threshold', value: 0.5, values, lines, plateau });
    expect(text(f(0.9, 0.95, 0.97), [0.5, 0.6])).to.equal(
      'threshold is 0.5, the dashed line: BCubed F 95.0 %. It was chosen without labels: from 0.5 to 0.6, the band, the clusters are much the same. Of the values tried, 0.6 has the best F, 97.0 %.',
    );
    expect(text(f(0.9, 0.97, 0.97))).to.match(/97\.0 %\. No other value that was tried has a better F\.$/);
    expect(text(f(0.9, 0.97, 0.97004))).to.match(/No other value/);
    expect(text(f(0.9, null, 0.97))).to.equal('threshold is 0.5, the dashed line.');
    expect(text(f(null, 0.95, null))).to.equal('threshold is 0.5, the dashed line: BCubed F 95.0 %.');
    expect(text([])).to.equal('threshold is 0.5, the dashed line.');
  });
});
