import { existsSync, readFileSync, rmSync } from 'node:fs';
import { expect } from 'chai';
import { L2cError } from '../../src/errors.js';
import { explainPair } from '../../src/explain/explain-pair.js';
import { exportRun } from '../../src/export/export-run.js';
import { FailedRun } from '../../src/pipeline/failed-run.js';
import { recordedRun } from '../../src/pipeline/recorded-run.js';
import { runFiles } from '../../src/pipeline/run-files.js';
import type { ReportData } from '../../src/report/html/report-data.js';
import { reportFile } from '../../src/report/html/report-file.js';
import { dataYaml, quietRun, Sandbox } from './sandbox.js';

const stages = 'knnBuilder: { type: exact, k: 6 }, proposalGenerator: knn-edges, deoverlapper: connected-components';
const throwing = `export default { name: 'hostile', version: '1.0.0', stages: [{
  kind: 'scorer', type: 'dice', version: 1, summary: 'Throws.', proposals: 'edges', knn: false, truth: false, vertices: false, gives: [],
  trainable: false, options: { type: 'object', additionalProperties: false, properties: {} }, check: async () => [],
  create: () => ({ score() { throw new Error('no luck'); } }),
}] };
`;
const yaml = (names: Readonly<Record<string, string>>): string =>
  `plugins: [./hostile.mjs]\n${dataYaml}pipelines:\n${Object.entries(names)
    .map(([name, more]) => `  ${name}: { ${stages}${more} }\n`)
    .join('')}`;
const bad = ', scorer: hostile/dice';

describe('the folder of a run in which pipelines failed', () => {
  let box: Sandbox;
  beforeEach(() => {
    box = new Sandbox();
    box.faces();
    box.write('hostile.mjs', throwing);
  });
  afterEach(() => box.remove());

  const run = async (names: Readonly<Record<string, string>>, output = 'runs'): Promise<void> => {
    const options = quietRun({ output: box.file(output) });
    const error = await runFiles([box.write('pipeline.yaml', yaml(names))], options).catch((caught: unknown) => caught);
    if (Object.values(names).includes(bad)) expect(error).to.be.instanceOf(FailedRun);
  };
  const refusal = async (work: () => unknown): Promise<string> => {
    const error = await Promise.resolve()
      .then(work)
      .catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(L2cError);
    return (error as L2cError).message;
  };
  const dataOf = (path: string): ReportData =>
    JSON.parse(/id="data">([^]*?)<\/script>/.exec(readFileSync(path, 'utf8'))![1]) as ReportData;
  const report = (folder: string) => reportFile(box.file(folder), { ...quietRun(), curve: false, thumbnails: false });

  it('lists them in the order of the file, those that failed apart', async () => {
    await run({ zebra: '', broken: bad, ape: '' });
    const { folders, failed } = recordedRun(box.file('runs'));
    expect(folders).to.deep.equal([box.file('runs/zebra'), box.file('runs/ape')]);
    expect(failed.map(({ pipeline }) => pipeline)).to.deep.equal(['broken']);
    rmSync(box.file('runs/comparison.json'));
    expect(recordedRun(box.file('runs'))).to.deep.equal({ folders: [box.file('runs/ape'), box.file('runs/zebra')], failed: [] }); // prettier-ignore
    box.write('runs/comparison.json', '[{"pipeline": 7}, null, {"pipeline": "zebra", "failure": "torn"}, {');
    expect(recordedRun(box.file('runs')).folders).to.have.length(2);
  });

  it('has a report that says where they failed and why, written by the run and by l2c report', async () => {
    await run({ zebra: '', broken: bad, ape: '' });
    const written = dataOf(box.file('runs/report.html'));
    expect(written.pipelines.map(({ name }) => name)).to.deep.equal(['zebra', 'ape']);
    expect(written.failed.map(({ name }) => name)).to.deep.equal(['broken']);
    expect(written.failed[0].problems[0]).to.include({
      code: 'E_STAGE',
      place: 'pipeline broken, scorer hostile/dice',
    });
    const again = dataOf((await report('runs')).report);
    expect(again.failed).to.deep.equal(written.failed);
    expect(again.pipelines.map(({ name }) => name)).to.deep.equal(['zebra', 'ape']);
  });

  it('explains and exports the others, with a warning', async () => {
    await run({ zebra: '', broken: bad });
    const options = quietRun();
    expect((await explainPair(box.file('runs'), ['0', '1'], options)).map(({ pipeline }) => pipeline)).to.deep.equal(['zebra']); // prettier-ignore
    expect(options.warnings.join()).to.match(/^pipeline broken is left out: pipeline broken, scorer .*no luck/);
    const hearing = quietRun();
    await exportRun(box.file('runs'), 'csv', undefined, hearing.log);
    expect(hearing.warnings).to.deep.equal(options.warnings);
  });

  it('says why where nothing is left, and shows that in the report of the run, too', async () => {
    await run({ broken: bad, torn: bad });
    for (const folder of ['runs', 'runs/broken']) {
      const all = [
        () => explainPair(box.file(folder), ['0', '1'], quietRun()),
        () => exportRun(box.file(folder), 'csv', undefined, quietRun().log),
        () => report(folder),
      ];
      for (const work of all) {
        const message = await refusal(work);
        expect(message).to.include('pipeline broken has no results, since it failed: ').and.include('no luck');
        expect(message.includes('pipeline torn'), folder).to.equal(folder === 'runs');
      }
    }
    const { pipelines, failed } = dataOf(box.file('runs/report.html'));
    expect([pipelines.length, failed.length]).to.deep.equal([0, 2]);
    expect(existsSync(box.file('runs/torn/metrics.json'))).to.equal(false);
  });

  it('keeps a run on other faces beside it from nothing', async () => {
    await run({ small: '' });
    box.faces({ identities: 8 });
    await run({ large: '' });
    const options = quietRun();
    expect(await explainPair(box.file('runs'), ['35', '36'], options)).to.have.length(1);
    expect(options.warnings.join()).to.match(/^pipeline small is left out: .*is no longer what this run clustered/);
    const { pipelines, failed } = dataOf((await report('runs')).report);
    expect(pipelines.map(({ name }) => name)).to.deep.equal(['large']);
    expect(failed.map(({ name }) => name)).to.deep.equal(['small']);
    const message = await refusal(() => explainPair(box.file('runs'), ['nobody', '1'], quietRun()));
    expect(message).to.include('there is no such face').and.include('no longer what');
  });
});
