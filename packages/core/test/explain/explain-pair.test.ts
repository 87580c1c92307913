import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { explainPair } from '../../src/explain/explain-pair.js';
import { explainText } from '../../src/explain/explain-text.js';
import { L2cError } from '../../src/errors.js';
import { runFiles } from '../../src/pipeline/run-files.js';
import { reportFile } from '../../src/report/html/report-file.js';
import { cli } from '../pipeline/cli.js';
import { dataYaml, quietRun, Sandbox } from '../pipeline/sandbox.js';

const links = 'knnBuilder: { type: exact, k: 6 }\nproposalGenerator: knn-edges\n';
const components = `${links}deoverlapper: { type: connected-components, threshold: 0.5 }\n`;
const named = dataYaml.replace(' }', ', ids: ids.txt }');

describe('l2c explain', () => {
  let box: Sandbox;
  beforeEach(async () => {
    box = new Sandbox();
    box.faces();
    box.write('ids.txt', Array.from({ length: 30 }, (_, i) => `face ${i}\n`).join(''));
    await runFiles([box.write('pipeline.yaml', named + components)], quietRun());
  });
  afterEach(() => box.remove());

  const explain = (a: string, b: string, folder = 'runs') => explainPair(box.file(folder), [a, b], quietRun());
  const refusal = async (work: Promise<unknown>): Promise<L2cError> => {
    const error = await work.catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(L2cError);
    return error as L2cError;
  };

  it('shows the links that hold two faces of a cluster together', async () => {
    const [found] = await explain('face 0', '3');
    expect(found).to.deep.include({
      pipeline: 'pipeline',
      together: true,
      threshold: { option: 'threshold', value: 0.5 },
    });
    expect(found.faces.map(({ row }) => row)).to.deep.equal([0, 3]);
    const { steps, weakest } = found.path!;
    expect([steps[0].from.name, steps[steps.length - 1].to.name]).to.deep.equal(['face 0', 'face 3']);
    expect(Math.min(...steps.map(({ score }) => score))).to.equal(steps[weakest].score);
    expect(steps[weakest].score).above(0.5);
    for (const [s, { from }] of steps.entries()) if (s > 0) expect(from).to.deep.equal(steps[s - 1].to);
    expect(found.stages.map(({ kind }) => kind)).to.deep.equal(['knnBuilder', 'proposalGenerator', 'deoverlapper']);
    expect(found.stages[0].said).to.match(
      /^face 3 is neighbour \d of face 0, with cosine 0\.\d{3}; face 0 is neighbour/,
    );
    expect(found.stages[1].said).to.equal('links them both ways');
    expect(explainText(found)).to.include('are together, in cluster 0').and.include('<- weakest');
  });

  it('shows what keeps two people apart', async () => {
    const [found] = await explain('0', '29');
    expect(found.together).to.equal(false);
    expect(found.stages[2].said).to.equal('puts face 0 into cluster 0, face 29 into cluster 5');
    if (found.path !== undefined) expect(found.path.steps[found.path.weakest].score).below(0.5);
    expect(explainText(found)).to.include('are apart, in clusters 0 and 5');
  });

  it('says the same without a cache', async () => {
    const before = await explain('1', '8');
    rmSync(box.file('runs/.cache'), { recursive: true });
    expect(await explain('1', '8')).to.deep.equal(before);
  });

  it('explains sets, scores and rounds', async () => {
    const sets = `knnBuilder: { type: exact, k: 6 }\nproposalGenerator: { type: knn-edges }\nscorer: density\ndeoverlapper: { type: confidence-tree, minSimilarity: 0.5 }\n`;
    await runFiles([box.write('tree.yaml', named + sets)], quietRun({ output: box.file('tree') }));
    const [found] = await explain('0', '1', 'tree');
    expect(found.stages[2].said).to.match(/^scores what is between them 0\.\d+; confidence \d\.\d{3} of face 0/);
  });

  it('says of one face given twice that it is one, and no more', async () => {
    const [found] = await explain('face 2', '2');
    expect(found).to.deep.include({ together: true, stages: [], path: undefined });
    expect(explainText(found)).to.equal(
      'pipeline: face 2 is one face given twice, in cluster 0; give another beside it',
    );
  });

  it('spells out controls in names for people, and keeps them in its data', async () => {
    const evil = '\u001b]0;x\u0007\u202eevil';
    box.write('ids.txt', Array.from({ length: 30 }, (_, i) => `${evil} ${i}\n`).join(''));
    const [found] = await explain(`${evil} 0`, `${evil} 8`);
    expect(found.faces[0].name).to.equal(`${evil} 0`);
    for (const text of [explainText(found), explainText((await explain('row 2', 'row 2'))[0])]) {
      expect(text)
        .to.include('\\u001b]0;x\\u0007\\u202eevil ')
        .and.not.match(/\p{Cc}(?<!\n)|\u202e/u);
    }
    const { stderr } = await cli(['explain', box.file('runs'), `${evil} 0`, `${evil} 99`]);
    expect(stderr).to.match(/^E_USAGE \\u001b\]0;x\\u0007\\u202eevil 99: there/m);
  });

  it('asks which of several faces of one name is meant', async () => {
    box.write('ids.txt', Array.from({ length: 30 }, (_, i) => (i % 4 === 1 ? 'anna\n' : `${i + 1}\n`)).join(''));
    const error = await refusal(explain('anna', '8'));
    expect(error.code).to.equal('E_USAGE');
    expect(error.message).to.equal(
      'anna: is the name of 8 faces, those of rows 1, 5, 9, 13, 17 ...; give the row of one: "row 1"',
    );
    const [found] = await explain('row 5', '8');
    expect(found.faces.map(({ row }) => row)).to.deep.equal([5, 7]);
  });

  it('names faces that are not there, and folders that are none', async () => {
    expect((await refusal(explain('0', 'nobody'))).message).to.equal(
      'nobody: there is no such face; give a name of data.ids, or a row from 0 to 29',
    );
    expect((await refusal(explain('30', '0'))).code).to.equal('E_USAGE');
    expect((await refusal(explain('0', '1', 'nowhere'))).message).to.include('is no folder of a run');
  });

  it('refuses results that are no longer those of the run', async () => {
    const labels = readFileSync(box.file('runs/pipeline/labels.meta'), 'utf8');
    writeFileSync(box.file('runs/pipeline/labels.meta'), labels.replace(/^0\n/, '1\n'));
    expect((await refusal(explain('0', '1'))).message).to.include('holds other labels');
    writeFileSync(box.file('runs/pipeline/labels.meta'), labels);
    box.faces({ seed: 8 });
    expect((await refusal(explain('0', '1'))).message).to.include('is no longer what this run clustered');
    writeFileSync(box.file('runs/pipeline/metrics.json'), '{}');
    const report = reportFile(box.file('runs'), { ...quietRun(), curve: false, thumbnails: false });
    expect((await refusal(report)).message).to.include('another version of l2c');
    rmSync(box.file('runs/pipeline/pipeline.yaml'));
    writeFileSync(box.file('runs/pipeline/metrics.json'), '{');
    expect((await refusal(explain('0', '1'))).code).to.equal('E_FILE');
  });
});
