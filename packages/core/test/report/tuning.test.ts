import { expect } from 'chai';
import type { TunedPipeline } from '../../src/pipeline/tuning.js';
import { tuningText } from '../../src/report/tuning.js';
import { plainScreen } from '../../src/report/terminal/screen.js';

describe('tuningText', () => {
  const trial = (f: number) => ({ metrics: { 'bcubed f': f }, clusters: 7 });
  const pipeline = (name: string, tuned: number, written: number, learned = false): TunedPipeline => {
    const choices = { 'deoverlapper.threshold': 0.5 };
    const split = { choices, best: 0.9, tuned: trial(tuned), written: trial(written) };
    return {
      pipeline: name,
      learned,
      settings: 2,
      choices,
      splits: [split],
      tuned: split.tuned,
      written: split.written,
      failed: [],
    };
  };
  const text = (...pipelines: TunedPipeline[]): string =>
    tuningText({ metric: 'bcubed f', seed: 1, splits: 1, pipelines, output: '/tune' }, plainScreen);
  const lineOf = (of: string, name: string): string =>
    of.split('\n').find((line) => line.startsWith(`${name}: `)) ?? '';

  it('says where tuning gained nothing', () => {
    const found = text(pipeline('worse', 0.8, 0.9), pipeline('same', 0.9, 0.9), pipeline('better', 0.9, 0.8));
    expect(lineOf(found, 'worse')).to.match(/no better than as written$/);
    expect(lineOf(found, 'same')).to.match(/no better than as written$/);
    expect(lineOf(found, 'better')).to.match(/80\.00 as written$/);
  });

  it('warns that learned weights may know both halves, of the pipelines that have any', () => {
    expect(text(pipeline('plain', 0.9, 0.8))).not.to.include('weights');
    expect(text(pipeline('plain', 0.9, 0.8), pipeline('gcn', 0.9, 0.8, true))).to.include(
      '\ngcn: learned weights stay',
    );
  });
});
