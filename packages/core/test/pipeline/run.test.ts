import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { L2cError } from '../../src/errors.js';
import { readNpz } from '../../src/formats/npz.js';
import { FailedRun } from '../../src/pipeline/failed-run.js';
import { runFiles } from '../../src/pipeline/run-files.js';
import { planFile } from '../../src/pipeline/validate.js';
import { cli } from './cli.js';
import { dataYaml, quietRun, Sandbox } from './sandbox.js';

const components = `
knnBuilder: { type: exact, k: 6 }
proposalGenerator: { type: knn-edges, minSimilarity: 0.6 }
deoverlapper: connected-components
`;

const two = `${dataYaml}pipelines:
  loose: { knnBuilder: &knn { type: exact, k: 6 }, proposalGenerator: knn-edges, deoverlapper: { type: connected-components, threshold: 0.5 } }
  tight: { knnBuilder: *knn, proposalGenerator: knn-edges, deoverlapper: { type: connected-components, threshold: 0.9 } }
`;

/** A plugin whose scorer counts its calls in a file and, while `kill` exists, kills the process. */
const hostile = `
import { appendFileSync, existsSync } from 'node:fs';
const here = new URL('.', import.meta.url).pathname;
const none = { type: 'object', additionalProperties: false, properties: { to: { type: 'number', default: 1, description: 'x' } }, required: [] };
const stage = (spec) => ({ version: 1, knn: false, truth: false, vertices: false, gives: [], trainable: false, summary: 's', options: none, check: async () => [], ...spec });
const scorer = (options) => ({ score(proposals, context, previous) {
  appendFileSync(here + 'calls', 'score ');
  if (existsSync(here + 'kill')) process.kill(process.pid, 'SIGKILL');
  if (existsSync(here + 'throw')) throw new TypeError('no luck');
  return { ...previous, proposals: previous.proposals.map((s) => s * options.to) };
} });
export default { name: 'hostile', version: '1.0.0', presets: { six: { summary: 'p', pipeline: {
  knnBuilder: { type: 'exact', k: 6 }, proposalGenerator: 'knn-edges', scorer: 'dice', deoverlapper: { type: 'connected-components', threshold: 0.6 } } } }, stages: [
  stage({ kind: 'scorer', type: 'dice', proposals: 'edges', create: scorer }),
  stage({ kind: 'deoverlapper', type: 'broken', proposals: 'edges', create: () => ({ deoverlap: (p) => ({ values: new Int32Array(p.n).fill(4), clusters: 1 }) }) }),
] };
`;

describe('l2c run', function () {
  let box: Sandbox;
  beforeEach(() => {
    box = new Sandbox();
    box.faces();
  });
  afterEach(() => box.remove());

  const run = (yaml: string, options = {}) => runFiles([box.write('pipeline.yaml', yaml)], quietRun(options));
  const labels = (name = 'pipeline', output = 'runs') =>
    readFileSync(box.file(`${output}/${name}/labels.meta`), 'utf8')
      .trim()
      .split('\n')
      .map(Number);
  const truth = () =>
    readFileSync(box.file('labels.meta'), 'utf8')
      .trim()
      .split('\n')
      .map((label) => Number(label) / 3);

  it('finds well-separated identities, evaluates and writes the run directory', async () => {
    const [summary] = await run(dataYaml + components);
    expect(labels()).to.deep.equal(truth());
    expect(summary.metrics).to.include({ 'pairwise f': 1, 'bcubed f': 1 });
    expect(summary).to.include({ instances: 30, clusters: 6, singletons: 0 });
    const record = JSON.parse(readFileSync(box.file('runs/pipeline/metrics.json'), 'utf8')) as {
      counts: object;
      stages: { seconds: number; peakBytes: number }[];
      versions: object;
    };
    expect(record.counts).to.deep.equal({ rows: 30, instances: 30, clusters: 6, singletons: 0 });
    expect(record.stages).to.have.length(3);
    for (const stage of record.stages) expect(stage.peakBytes).to.be.greaterThan(1e6);
    expect(readdirSync(box.file('runs')).sort()).to.deep.equal([
      '.cache',
      'comparison.csv',
      'comparison.json',
      'comparison.md',
      'pipeline',
      'report.html',
    ]);
  });

  it('writes a pipeline.yaml that runs again to the same labels', async () => {
    await run(dataYaml + components);
    const again = await runFiles([box.file('runs/pipeline/pipeline.yaml')], quietRun({ output: box.file('again') }));
    expect(again[0].metrics).to.include({ 'bcubed f': 1 });
    expect(labels('pipeline', 'again')).to.deep.equal(labels());
    expect((await planFile(box.file('runs/pipeline/pipeline.yaml'))).data.features).to.equal(box.file('features.bin'));
  });

  it('shares a stage between pipelines, and the cache between runs', async () => {
    const first = await run(two);
    expect(first.map(({ stages }) => stages.map(({ cached }) => cached))).to.deep.equal([
      [false, false, false],
      [true, true, false],
    ]);
    const second = await run(two);
    expect(second.every(({ stages }) => stages.every(({ cached }) => cached))).to.equal(true);
    expect(second.map(({ metrics }) => metrics)).to.deep.equal(first.map(({ metrics }) => metrics));
  });

  it('re-runs only what depends on a changed option', async () => {
    await run(two);
    const changed = await run(two, { settings: ['pipelines.tight.deoverlapper.threshold=0.8'] });
    expect(changed[1].stages.map(({ cached }) => cached)).to.deep.equal([true, true, false]);
    const graph = await run(two, { settings: ['pipelines.tight.knnBuilder={type: exact, k: 5}'] });
    expect(graph[1].stages.map(({ cached }) => cached)).to.deep.equal([false, false, false]);
    expect(graph[0].stages.map(({ cached }) => cached)).to.deep.equal([true, true, true]);
  });

  it('still shares stages in memory, and leaves no cache, with cache: false', async () => {
    const summaries = await run(two, { cache: false });
    expect(summaries[1].stages.map(({ cached }) => cached)).to.deep.equal([true, true, false]);
    expect(existsSync(box.file('runs/.cache'))).to.equal(false);
  });

  it('computes again what is damaged in the cache', async () => {
    await run(dataYaml + components);
    for (const name of readdirSync(box.file('runs/.cache'))) writeFileSync(box.file(`runs/.cache/${name}`), 'rubbish');
    const options = quietRun();
    const [summary] = await runFiles([box.file('pipeline.yaml')], options);
    expect(options.warnings.join('\n')).to.include('damaged');
    expect(summary.metrics).to.include({ 'bcubed f': 1 });
  });

  it('resumes after SIGKILL from the last finished stage, with the same result', async () => {
    box.write('hostile.mjs', hostile);
    box.write('kill', '');
    const file = box.write('pipeline.yaml', `plugins: [./hostile.mjs]\n${dataYaml}preset: hostile/six\n`);
    const killed = await cli(['run', file]);
    expect(killed.signal).to.equal('SIGKILL');
    expect(existsSync(box.file('runs/pipeline/labels.meta'))).to.equal(false);
    writeFileSync(box.file('runs/.cache/.half.999999999-abc.tmp'), 'half');
    await import('node:fs').then(({ rmSync }) => rmSync(box.file('kill')));
    const resumed = await cli(['run', file, '--json']);
    expect(resumed.status, resumed.stderr).to.equal(0);
    const { pipelines } = JSON.parse(resumed.stdout) as { pipelines: { stages: { cached: boolean }[] }[] };
    expect(pipelines[0].stages.map(({ cached }) => cached)).to.deep.equal([true, true, false, false]);
    expect(readdirSync(box.file('runs/.cache')).filter((name) => name.endsWith('.tmp'))).to.deep.equal([]);
    const resumedLabels = labels();
    const fresh = await cli(['run', file, '--output', box.file('fresh'), '--json']);
    expect(fresh.status).to.equal(0);
    expect(labels('pipeline', 'fresh')).to.deep.equal(resumedLabels);
  });

  it('runs without labels and says what it can not evaluate', async () => {
    const file = box.write('pipeline.yaml', `data: { features: features.bin, dim: 16 }\n${components}`);
    const result = await cli(['run', file]);
    expect(result.status, result.stderr).to.equal(0);
    expect(result.stdout).to.include('need data.labels').and.not.include('bcubed f ');
    expect(labels()).to.deep.equal(truth());
  });

  it('leaves instances of unknown identity out of the evaluation', async () => {
    const lines = truth().map((label, i) => (i === 7 ? -1 : label));
    box.write('labels.meta', lines.join('\n'));
    const [summary] = await run(dataYaml + components);
    expect(summary.metrics).to.include({ 'pairwise f': 1 });
  });

  it('names invalid rows, or drops them and labels them -1', async () => {
    const values = new Float32Array(new Uint8Array(readFileSync(box.file('features.bin'))).buffer);
    values[3 * 16] = NaN;
    values.fill(0, 5 * 16, 6 * 16);
    box.write('features.bin', new Uint8Array(values.buffer));
    const error = await run(dataYaml + components).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(L2cError).with.property('code', 'E_DATA');
    expect((error as Error).message)
      .to.match(/\b3\b/)
      .and.match(/\b5\b/)
      .and.include('drop');
    await run(dataYaml + components, { settings: ['data.onInvalid=drop'] });
    expect(labels()[3]).to.equal(-1);
    expect(labels()[5]).to.equal(-1);
    expect(labels().filter((label) => label === -1)).to.have.length(2);
  });

  it('keeps each result on request', async () => {
    await run(dataYaml + components, { keep: true });
    const knn = await readNpz(box.file('runs/pipeline/knn.npz'));
    expect(knn.get('ids')!.shape).to.deep.equal([30, 6]);
    expect([...(await readNpz(box.file('runs/pipeline/proposals.npz'))).keys()]).to.include.members([
      'offsets',
      'targets',
      'similarities',
    ]);
    expect(existsSync(box.file('runs/pipeline/scores.npz'))).to.equal(true);
  });

  it('names the stage that throws, or breaks an invariant, and exits with 1', async () => {
    box.write('hostile.mjs', hostile);
    box.write('throw', '');
    const file = box.write('pipeline.yaml', `plugins: [./hostile.mjs]\n${dataYaml}preset: hostile/six\n`);
    const thrown = await cli(['run', file]);
    expect(thrown.status).to.equal(1);
    expect(thrown.stderr).to.match(/E_STAGE pipeline pipeline, scorer hostile\/dice: failed: no luck/);
    const broken = await cli(['run', file, '--set', 'scorer=cosine', '--set', 'deoverlapper={type: broken}']);
    expect(broken.status).to.equal(1);
    expect(broken.stderr).to.include('breaks an invariant');
    expect(existsSync(box.file('runs/pipeline/labels.meta'))).to.equal(false);
  });

  describe('where a pipeline fails', () => {
    const failing = `plugins: [./hostile.mjs]\n${dataYaml}pipelines:
  thrown: { preset: hostile/six }
  unsound: { preset: hostile/six, scorer: cosine, deoverlapper: broken }
  sound: { preset: hostile/six, scorer: cosine }
`;
    beforeEach(() => {
      box.write('hostile.mjs', hostile);
      box.write('throw', '');
    });

    it('runs the others, says so in every form of the comparison, and exits with 1', async () => {
      const file = box.write('pipeline.yaml', failing);
      const { status, stdout, stderr } = await cli(['run', file]);
      expect(status).to.equal(1);
      expect(stdout)
        .to.match(/thrown \(failed\) +\| +- \|/)
        .and.match(/\| sound +\| +100.00/);
      expect(stderr).to.include('E_STAGE pipeline thrown, scorer hostile/dice: failed: no luck');
      expect(stderr).to.include('E_STAGE pipeline unsound, deoverlapper hostile/broken: returned what breaks');
      expect(stderr).to.include('TypeError: no luck');
      expect(labels('sound')).to.deep.equal(truth());
      expect(existsSync(box.file('runs/thrown/labels.meta'))).to.equal(false);
      expect(readFileSync(box.file('runs/comparison.md'), 'utf8')).to.match(/- thrown: pipeline thrown, .*no luck/);
      const csv = readFileSync(box.file('runs/comparison.csv'), 'utf8').trim().split('\r\n');
      const cells = csv.map((line) => line.split(','));
      expect(cells[0].at(-1)).to.equal('failure');
      expect(cells[3]).to.have.length(cells[0].length);
      expect(cells[3].at(-1)).to.equal('');
      expect(csv[1]).to.include('no luck');
      const rows = JSON.parse(readFileSync(box.file('runs/comparison.json'), 'utf8')) as {
        failure?: { code: string }[];
      }[];
      expect(rows.map(({ failure }) => failure?.map(({ code }) => code))).to.deep.equal([
        ['E_STAGE'],
        ['E_STAGE'],
        undefined,
      ]);
    });

    it('keeps nothing that an earlier run left of a pipeline that fails, nor exports of other labels', async () => {
      await run(dataYaml + components, { keep: true });
      const files = ['labels.meta', 'metrics.json', 'pipeline.yaml', 'proposals.npz', 'clusters.csv', 'mine.txt'];
      for (const name of ['clusters.csv', 'mine.txt']) box.write(`runs/pipeline/${name}`, 'x');
      const left = (): string[] => files.filter((name) => existsSync(box.file(`runs/pipeline/${name}`)));
      expect(left()).to.deep.equal(files);
      await run(dataYaml + components);
      expect(left()).to.deep.equal(files.filter((name) => name !== 'clusters.csv'));
      box.write('hostile.mjs', hostile);
      const broken = dataYaml + components.replace('connected-components', 'broken');
      expect(await run(`plugins: [./hostile.mjs]\n${broken}`).catch((caught: unknown) => caught)).instanceOf(FailedRun);
      expect(left()).to.deep.equal(['mine.txt']);
    });

    it('gives programs the rows with the error, under --json too', async () => {
      const error = await run(failing).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(FailedRun);
      const { outcomes, problems, exitCode } = error as FailedRun;
      expect(outcomes.map(({ pipeline }) => pipeline)).to.deep.equal(['thrown', 'unsound', 'sound']);
      expect(problems).to.have.length(2);
      expect(exitCode).to.equal(1);
      const { stdout } = await cli(['run', box.file('pipeline.yaml'), '--json']);
      const printed = JSON.parse(stdout) as { pipelines: object[]; error: { problems: object[] } };
      expect(printed.pipelines).to.have.length(3);
      expect(printed.error.problems).to.have.length(2);
    });

    it('names pipeline and stage in problems of the user, which are failures of the run then', async () => {
      const scorer = `{ score() { throw new L2cError({ code: 'E_DATA', place: 'x.bin', fact: 'is odd' }); } }`;
      const plugin = hostile.replace('export default', `import { L2cError } from '@l2c/core';\nexport default`);
      box.write('hostile.mjs', plugin.replace('create: scorer', `create: () => (${scorer})`));
      symlinkSync(fileURLToPath(new URL('../../../../node_modules', import.meta.url)), box.file('node_modules'));
      const { status, stderr } = await cli(['run', box.write('pipeline.yaml', failing), '--pipeline', 'thrown']);
      expect(stderr).to.include('E_DATA pipeline thrown, scorer hostile/dice, x.bin: is odd');
      expect(status).to.equal(1);
    });

    it('runs the other files, and compares what finished', async () => {
      const sound = box.write('sound.yaml', dataYaml + components);
      box.write('broken.bin', new Uint8Array(new Float32Array(160).fill(NaN).buffer));
      const other = box.write('there/broken.yaml', `data: { features: ../broken.bin, dim: 16 }\n${components}`);
      const failed = await runFiles([other, sound], quietRun()).catch((caught: unknown) => caught);
      expect(failed).to.be.instanceOf(FailedRun).with.property('exitCode', 1);
      expect((failed as FailedRun).outcomes.map((outcome) => 'failure' in outcome)).to.deep.equal([true, false]);
      expect(readFileSync(box.file('runs/comparison.md'), 'utf8')).to.include('100.00');
      expect(readFileSync(box.file('there/runs/comparison.md'), 'utf8')).to.include('(failed)');
    });
  });

  it('refuses evaluators that give the same metric before anything runs', async () => {
    const error = await run(`${dataYaml}evaluators: [nmi, nmi]\n${components}`).catch((caught: unknown) => caught);
    expect((error as L2cError).message).to.include('two evaluators give "nmi"');
    expect((error as L2cError).exitCode).to.equal(2);
    expect(existsSync(box.file('runs'))).to.equal(false);
  });

  it('lets options beside a preset override it', async () => {
    box.write('hostile.mjs', hostile);
    const yaml = `plugins: [./hostile.mjs]\n${dataYaml}preset: hostile/six\nscorer: { to: 0.1 }\n`;
    const [summary] = await run(yaml);
    expect(summary.singletons).to.equal(30);
  });

  it('does not wait for a file system that makes no folders', async function () {
    if (process.platform !== 'linux') this.skip();
    const error = await run(dataYaml + components, { output: '/proc/l2c/runs' }).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(L2cError).with.property('code', 'E_OUTPUT');
  });

  it('refuses an output that can not be written before anything runs', async () => {
    box.write('taken', 'a file');
    const error = await run(dataYaml + components, { output: box.file('taken') }).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(L2cError).with.property('code', 'E_OUTPUT');
    expect((error as L2cError).exitCode).to.equal(1);
  });

  it('refuses two files whose pipelines write to one folder, and an unknown pipeline', async () => {
    const a = box.write('a.yaml', dataYaml + components);
    const b = box.write('b.yaml', dataYaml + components);
    const clash = await runFiles([a, b], quietRun()).catch((caught: unknown) => caught);
    expect((clash as Error).message).to.include('rename one');
    const unknown = await run(two, { only: ['losse'] }).catch((caught: unknown) => caught);
    expect((unknown as Error).message).to.include('known: loose, tight');
  });

  it('works for two instances', async () => {
    box.faces({ identities: 1, size: 2 });
    const [summary] = await run(
      `${dataYaml}knnBuilder: { type: exact, k: 1 }\nproposalGenerator: knn-edges\ndeoverlapper: connected-components\n`,
    );
    expect(summary.clusters).to.equal(1);
  });
});
