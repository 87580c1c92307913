import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { L2cError } from '../../src/errors.js';
import { readNpz } from '../../src/formats/npz.js';
import { identitySplits } from '../../src/pipeline/identity-split.js';
import type { StagePlan } from '../../src/pipeline/plan.js';
import { printPlan } from '../../src/pipeline/print.js';
import { runFiles } from '../../src/pipeline/run-files.js';
import { tuneFile } from '../../src/pipeline/tune-file.js';
import type { Tuning } from '../../src/pipeline/tuning.js';
import { variantsOf } from '../../src/pipeline/tune-grid.js';
import { planFile } from '../../src/pipeline/validate.js';
import { silentProgress } from '../../src/report/progress.js';
import { plainScreen } from '../../src/report/terminal/screen.js';
import { tuningTable, tuningText } from '../../src/report/tuning.js';
import { cli } from './cli.js';
import { dataYaml, quietRun, Sandbox } from './sandbox.js';

describe('l2c tune', () => {
  let box: Sandbox;
  beforeEach(() => {
    box = new Sandbox();
    box.faces({ identities: 12, noise: 0.4 });
  });
  afterEach(() => box.remove());

  const stages = 'knnBuilder: { type: exact, k: 8 }\nproposalGenerator: knn-edges\n';
  const single = `${dataYaml}${stages}deoverlapper: { type: connected-components, threshold: 0.99 }\n`;
  const two = `${dataYaml}pipelines:
  plain: { knnBuilder: &knn { type: exact, k: 8 }, proposalGenerator: knn-edges, deoverlapper: { type: connected-components, threshold: 0.99 } }
  mutual: { knnBuilder: *knn, proposalGenerator: { type: knn-edges, mutual: true }, deoverlapper: { type: connected-components, threshold: 0.99 } }\n`;
  const grid = 'tune: { splits: 2, grid: { deoverlapper.threshold: [0.05, 0.5, 0.97] } }\n';

  const refused = async (yaml: string): Promise<string> => {
    const caught = await tuneFile(box.write('pipeline.yaml', yaml), quietRun()).catch((error: unknown) => error);
    expect(caught).to.be.instanceOf(L2cError);
    return (caught as L2cError).message;
  };

  it('chooses what separates the identities, on both halves and on all', async () => {
    const tuning = await tuneFile(box.write('pipeline.yaml', `${single}${grid}`), quietRun());
    const [{ pipeline, settings, choices, splits, tuned, written }] = tuning.pipelines;
    expect({ pipeline, settings, choices }).to.deep.equal({
      pipeline: 'pipeline',
      settings: 3,
      choices: { 'deoverlapper.threshold': 0.5 },
    });
    expect(splits).to.have.length(2);
    for (const split of splits) {
      expect(split.choices).to.deep.equal({ 'deoverlapper.threshold': 0.5 });
      expect(split.best).to.equal(1);
      expect(split.tuned).to.deep.include({ clusters: 6 });
    }
    expect(tuned!.metrics['bcubed f']).to.equal(1);
    expect(written!.metrics['bcubed f']).to.be.below(0.5);
    expect(written!.clusters).to.be.above(20);
  });

  it('judges on identities it did not tune on: a half run by hand gives the same', async () => {
    const tuning = await tuneFile(box.write('pipeline.yaml', `${single}${grid}`), quietRun());
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [{ splits, tuned }] = tuning.pipelines;
    for (const name of Object.keys(tuned!.metrics)) {
      expect(tuned!.metrics[name]).to.be.closeTo(mean(splits.map((split) => split.tuned!.metrics[name])), 1e-12);
    }
    const features = readFileSync(box.file('features.bin'));
    const labels = readFileSync(box.file('labels.meta'), 'utf8').trim().split('\n');
    const [{ testing }] = identitySplits(Int32Array.from(labels, Number), 2, 1);
    box.write('half.bin', Buffer.concat([...testing].map((row) => features.subarray(row * 64, (row + 1) * 64))));
    box.write('half.meta', [...testing].map((row) => labels[row]).join('\n') + '\n');
    const half = single.replace('features.bin', 'half.bin').replace('labels.meta', 'half.meta');
    const [summary] = await runFiles([box.write('half.yaml', half)], quietRun());
    expect(splits[0].written).to.deep.equal({ metrics: summary.metrics, clusters: summary.clusters });
  });

  it('takes the metric it is told, and the first of equal settings', async () => {
    const chosen = async (tune: string): Promise<Tuning['pipelines'][number]['choices']> =>
      (await tuneFile(box.write('pipeline.yaml', `${single}${tune}`), quietRun())).pipelines[0].choices;
    const values = 'grid: { deoverlapper.threshold: [0.5, -1, 0.99, -0.9] }';
    expect(await chosen(`tune: { splits: 1, metric: bcubed recall, ${values} }\n`)).to.deep.equal({
      'deoverlapper.threshold': 0.5,
    });
    const far = values.replace('0.5, ', '');
    expect(await chosen(`tune: { splits: 1, metric: bcubed recall, ${far} }\n`)).to.deep.equal({
      'deoverlapper.threshold': -1,
    });
    expect(await chosen(`tune: { splits: 1, metric: bcubed precision, ${far} }\n`)).to.deep.equal({
      'deoverlapper.threshold': 0.99,
    });
  });

  it('tunes every pipeline that has the option; a path with its name has the last word', async () => {
    const own =
      'tune: { splits: 1, grid: { pipelines.mutual.deoverlapper.threshold: [0.4], deoverlapper.threshold: [0.5, 0.6], proposalGenerator.k: [0, 5] } }\n';
    const plan = await planFile(box.write('pipeline.yaml', `${two}${own}`));
    const points = plan.pipelines.map((pipeline) =>
      variantsOf(pipeline, plan.tune?.options.get(pipeline.name) ?? []).map(({ choices }) => Object.values(choices)),
    );
    expect(points[0]).to.have.deep.members([
      [0.5, 0],
      [0.5, 5],
      [0.6, 0],
      [0.6, 5],
    ]);
    expect(points[1]).to.have.deep.members([
      [0.4, 0],
      [0.4, 5],
    ]);
    const [, variant] = variantsOf(plan.pipelines[0], plan.tune?.options.get('plain') ?? []);
    expect(variant.pipeline.rounds[0].proposalGenerator.options).to.include({ k: 5, mutual: false });
    expect(plan.pipelines[0].rounds[0].deoverlapper?.options).to.deep.equal({ threshold: 0.99 });
  });

  it('takes a grid from --set, whose paths hold dots', async () => {
    const file = box.write('pipeline.yaml', `${single}${grid}`);
    const settings = ['tune.grid.deoverlapper.threshold=[0.5, 0.6]', 'tune.grid.proposalGenerator.mutual=[true]'];
    const { tune } = await planFile(file, { settings });
    expect(tune?.grid).to.deep.equal({ 'deoverlapper.threshold': [0.5, 0.6], 'proposalGenerator.mutual': [true] });
    const caught = await planFile(file, { settings: ['tune.grid.deoverlapper.treshold=[0.5]'] }).catch(
      (e: unknown) => e,
    );
    expect((caught as Error).message).to.match(/^--set tune\.grid\.deoverlapper\.treshold=\[0\.5\]: names no option/);
    expect((caught as Error).message).to.include('did you mean "deoverlapper.threshold"?');
  });

  it('searches neighbours once for each half, and nothing the second time', async () => {
    const file = box.write('pipeline.yaml', `${two}${grid}`);
    const cache = box.file('runs/.cache');
    const first = await tuneFile(file, quietRun());
    const made = readdirSync(cache);
    let graphs = 0;
    for (const name of made.filter((entry) => entry.endsWith('.npz'))) {
      if ((await readNpz(join(cache, name))).has('ids')) graphs++;
    }
    expect(graphs).to.equal(5); // two splits of two halves, and all
    expect(await tuneFile(file, quietRun())).to.deep.equal(first);
    expect(readdirSync(cache)).to.deep.equal(made);
  });

  it('writes a file that runs with the options chosen, and the comparison', async () => {
    const tuning = await tuneFile(box.write('pipeline.yaml', `${two}${grid}`), quietRun());
    const tuned = join(tuning.output, 'tuned.yaml');
    const text = readFileSync(tuned, 'utf8');
    expect(text).to.include('features: ../../features.bin').and.not.include('grid');
    const summaries = await runFiles([tuned], quietRun({ output: box.file('again') }));
    expect(summaries.map(({ metrics }) => metrics?.['bcubed f'])).to.deep.equal([1, 1]);
    const rows = readFileSync(join(tuning.output, 'comparison.csv'), 'utf8').trim().split('\r\n');
    expect(rows.map((row) => row.split('",')[0])).to.deep.equal([
      'pipeline,pairwise precision,pairwise recall,pairwise f,bcubed precision,bcubed recall,bcubed f,nmi,clusters',
      '"plain, as written',
      '"plain, tuned',
      '"mutual, as written',
      '"mutual, tuned',
    ]);
    expect(readFileSync(join(tuning.output, 'comparison.md'), 'utf8')).to.include('deoverlapper.threshold 0.5');
    expect(JSON.parse(readFileSync(join(tuning.output, 'comparison.json'), 'utf8'))).to.have.property('splits', 2);
    expect(tuningText(tuning, plainScreen)).to.include(
      'of 3 settings; bcubed f 100.00 where chosen, 100.00 on the other half, ',
    );
  });

  it('runs pipelines that the grid does not concern as they are', async () => {
    const one = 'tune: { splits: 1, grid: { pipelines.plain.deoverlapper.threshold: [0.5] } }\n';
    const tuning = await tuneFile(box.write('pipeline.yaml', `${two}${one}`), quietRun({ only: ['mutual'] }));
    expect(tuning.pipelines.map(({ settings, choices }) => ({ settings, choices }))).to.deep.equal([
      { settings: 1, choices: {} },
    ]);
    expect(tuningTable(tuning).rows.map(({ name }) => name)).to.deep.equal(['mutual']);
    const [{ splits, tuned, written }] = tuning.pipelines;
    expect(splits.map(({ best }) => best)).to.deep.equal([undefined]);
    expect(tuned).to.deep.equal(written);
    expect(written!.metrics).to.have.property('bcubed f').that.is.within(0, 1);
  });

  it('runs what the grid does not concern on the halves alone that it is judged on', async () => {
    const one = 'tune: { splits: 2, grid: { pipelines.plain.deoverlapper.threshold: [0.5, 0.6] } }\n';
    const runs: string[] = [];
    const observer = { ...silentProgress, stageStarted: (name: string, { path }: StagePlan) => { if (path.at(-1) === 'deoverlapper') runs.push(name); } }; // prettier-ignore
    await tuneFile(box.write('pipeline.yaml', `${two}${one}`), quietRun({ observer }));
    expect(runs.filter((name) => name === 'mutual')).to.have.length(2);
    expect(runs.filter((name) => name === 'plain')).to.have.length(2 * (2 + 2) + 2);
  });

  it('shows a grid of one value beside what the file says', async () => {
    const one = 'tune: { splits: 1, grid: { deoverlapper.threshold: [0.5] } }\n';
    const tuning = await tuneFile(box.write('pipeline.yaml', `${single}${one}`));
    const { rows } = tuningTable(tuning);
    expect(rows.map(({ name }) => name)).to.deep.equal(['pipeline, as written', 'pipeline, tuned']);
    expect(rows[1].values).not.to.deep.equal(rows[0].values);
    expect(tuningText(tuning, plainScreen)).to.include('of 1 setting; bcubed f 100.00 where chosen');
  });

  it('leaves unknown identities out', async () => {
    const labels = readFileSync(box.file('labels.meta'), 'utf8').trim().split('\n');
    box.write('labels.meta', labels.map((label, i) => (i % 5 === 4 ? -1 : label)).join('\n') + '\n');
    const tuning = await tuneFile(box.write('pipeline.yaml', `${single}${grid}`), quietRun());
    expect(tuning.pipelines[0].tuned).to.deep.include({ clusters: 6 });
  });

  it('refuses what is not to be tuned, each with its place', async () => {
    expect(await refused(single)).to.match(/has no "tune"/);
    expect(await refused(single.replace(', labels: labels.meta', '') + grid)).to.match(/give data\.labels/);
    expect(await refused(`${single}tune: { grid: {} }\n`)).to.match(/pipeline\.yaml:\d+:\d+ tune\.grid: /);
    expect(await refused(`${single}tune: { grid: { deoverlapper.threshold: [] } }\n`)).to.match(/fewer than 1/);
    expect(await refused(`${single}${grid.replace('grid', 'metric: bcubd f, grid')}`)).to.match(
      /tune\.metric: no evaluator gives "bcubd f"; did you mean "bcubed f"\?/,
    );
    expect(await refused(`${single}tune: { grid: { deoverlapper.treshold: [1] } }\n`)).to.match(
      /tune\.grid\.deoverlapper\.treshold: names no option .*; did you mean "deoverlapper\.threshold"\?/,
    );
    expect(await refused(`${single}tune: { grid: { deoverlapper.threshold: [0.5, high] } }\n`)).to.match(
      /pipeline\.yaml:\d+:\d+ tune\.grid\.deoverlapper\.threshold\.1: must be of type number or "auto", got "high"/,
    );
    expect(await refused(`${single}tune: { grids: { a: [1] } }\n`)).to.match(/did you mean "grid"\?/);
    const many = Array.from({ length: 150 }, (_, i) => i).join(', ');
    const much = `tune: { grid: { deoverlapper.threshold: [${many}], proposalGenerator.k: [${many}] } }\n`;
    expect(await refused(`${single}${much}`)).to.match(/22500 settings; at most 10000/);
    expect(await refused(`${single}tune: { grid: { knnBuilder.k: [8, 60] } }\n`)).to.match(
      /pipeline\.yaml:\d+:\d+ tune\.grid\.knnBuilder\.k\.1: 60 neighbours of 60 instances; at most 59/,
    );
    expect(await refused(`${single}${grid.replace('splits: 2', 'splits: 1000000')}`)).to.match(/must be <= 100/);
    box.faces({ identities: 3 });
    expect(await refused(`${single}${grid}`)).to.match(/labels\.meta: 3 known identities/);
  });

  it('says before it runs where no setting fits a half, once each', async () => {
    const message = await refused(`${two}tune: { grid: { knnBuilder.k: [30, 40], proposalGenerator.k: [0, 5] } }\n`);
    expect(message.replaceAll(/\S*(?=pipeline\.yaml)/g, '').split('\n')).to.deep.equal(
      ['plain', 'mutual'].flatMap((name) =>
        [30, 40].map(
          (k) =>
            `pipeline.yaml pipelines.${name}.knnBuilder.k: on the smallest half, ${k} neighbours of 30 instances; at most 29: an instance is not its own neighbour`,
        ),
      ),
    );
    expect(existsSync(box.file('runs/.cache'))).to.equal(false);
  });

  describe('where settings fail', () => {
    const touchy = `
const options = { type: 'object', additionalProperties: false, required: ['fails', 'with'], properties: {
  fails: { type: 'boolean', default: false, description: 'x' }, with: { type: 'integer', default: 0, description: 'x' } } };
const none = { type: 'object', additionalProperties: false, properties: {}, required: [] };
const stage = (spec) => ({ version: 1, knn: false, truth: false, vertices: false, gives: [], trainable: false, summary: 's', check: async () => [], ...spec });
const fault = { option: 'fails', fact: 'no such pair' };
export default { name: 'touchy', version: '1.0.0', presets: {}, stages: [
  stage({ kind: 'deoverlapper', type: 'touchy', proposals: 'edges', options,
    check: async (options) => options.fails && options.with === 1 ? [fault] : [],
    create: (options) => ({ deoverlap(edges) {
      if (options.fails) throw new TypeError('no luck');
      return { values: new Int32Array(edges.n).map((_, i) => i * (options.with === 2)), clusters: options.with === 2 ? edges.n : 1 };
    } }) }),
  stage({ kind: 'evaluator', type: 'nothing', options: none, create: () => ({ evaluate: (truth, found) => ({ nothing: found.at(-1) === 0 ? NaN : -1 }) }) }),
] };
`;
    const file = (grid: string, more = ''): string => {
      box.write('touchy.mjs', touchy);
      return `plugins: [./touchy.mjs]\nevaluators: [bcubed, nothing]\n${more}${dataYaml}${stages}deoverlapper: touchy\ntune: { splits: 2, ${grid} }\n`;
    };

    it('tries the others, says which failed and why, and chooses none of them', async () => {
      const yaml = file(
        'grid: { deoverlapper.fails: [true, false], deoverlapper.with: [0, 1], knnBuilder.k: [40, 8] }',
      );
      const tuning = await tuneFile(box.write('pipeline.yaml', yaml), quietRun());
      const [{ choices, failed, settings, tuned }] = tuning.pipelines;
      expect(choices).to.deep.equal({ 'deoverlapper.fails': false, 'deoverlapper.with': 0, 'knnBuilder.k': 8 });
      expect(settings).to.equal(8);
      expect(tuned).to.deep.include({ clusters: 1 });
      const facts = failed.map(({ choices: which, failure }) => [...Object.values(which), failure.at(-1)!.fact]);
      expect(facts).to.have.deep.members([
        [true, 0, 40, 'on the smallest half, 40 neighbours of 30 instances'],
        [true, 1, 40, 'on the smallest half, no such pair'],
        [true, 1, 8, 'on the smallest half, no such pair'],
        [false, 0, 40, 'on the smallest half, 40 neighbours of 30 instances'],
        [false, 1, 40, 'on the smallest half, 40 neighbours of 30 instances'],
        [true, 0, 8, 'failed: no luck'],
      ]);
      const line = /pipeline: deoverlapper\.fails true, deoverlapper\.with 0, knnBuilder\.k 8 failed: .*no luck/;
      expect(tuningText(tuning, plainScreen)).to.match(line);
      expect(readFileSync(join(tuning.output, 'comparison.md'), 'utf8')).to.match(line);
    });

    it('is an error where all fail', async () => {
      const message = await refused(file('grid: { deoverlapper.fails: [true] }'));
      expect(message).to.include('pipeline pipeline: no setting of the grid').and.include('no luck');
    });

    it('refuses a value that no combination can do with, and such alone', async () => {
      const yaml = file('grid: { deoverlapper.fails: [true, false], deoverlapper.with: [1] }');
      expect(await refused(yaml)).to.match(/:\d+:\d+ tune\.grid\.deoverlapper\.fails\.0: no such pair$/);
    });

    it('shows a pipeline that fails as the file has it', async () => {
      const yaml = file('grid: { deoverlapper.fails: [false] }').replace(
        ': touchy\n',
        ': { type: touchy, fails: true }\n',
      );
      const tuning = await tuneFile(box.write('pipeline.yaml', yaml), quietRun());
      const { rows } = tuningTable(tuning);
      expect(rows.map(({ failure }) => failure?.includes('no luck') ?? false)).to.deep.equal([true, false]);
      expect(tuningText(tuning, plainScreen)).to.match(/as written \(failed\) .*failed as written/s);
    });

    it('never chooses a metric that is not defined, and refuses one that nowhere is', async () => {
      const one = await tuneFile(
        box.write('pipeline.yaml', file('metric: nothing, grid: { deoverlapper.with: [0, 2, 1] }')),
      );
      expect(one.pipelines[0].choices).to.deep.equal({ 'deoverlapper.with': 2 });
      const message = await refused(file('metric: nothing, grid: { deoverlapper.with: [0, 1] }'));
      expect(message).to.include('"nothing" is not defined (NaN) for any setting');
    });
  });

  it('refuses a graph of all instances where stages run on halves', async () => {
    const [run] = await runFiles([box.write('all.yaml', single)], quietRun({ keep: true }));
    expect(existsSync(join(run.output, 'knn.npz'))).to.equal(true);
    const stored = single.replace(
      '{ type: exact, k: 8 }',
      `{ type: precomputed, path: ${join(run.output, 'knn.npz')} }`,
    );
    expect(await refused(`${stored}${grid}`)).to.match(
      /knnBuilder\.path: on the smallest half, the file holds the neighbours of 60 instances, the features have 30/,
    );
  });

  it('is printed with the file, and left alone by a run', async () => {
    const file = box.write('pipeline.yaml', `${single}${grid}`);
    const printed = printPlan(await planFile(file));
    expect(printed).to.include('metric: bcubed f').and.include('deoverlapper.threshold:');
    const [summary] = await runFiles([file], quietRun());
    expect(summary.clusters).to.be.above(40);
    expect(readFileSync(join(summary.output, 'pipeline.yaml'), 'utf8')).not.to.include('tune');
  });

  it('speaks JSON alone', async function () {
    if (!existsSync(new URL('../../dist/commands/tune.js', import.meta.url))) this.skip();
    const { status, stdout, stderr } = await cli(['tune', box.write('pipeline.yaml', `${single}${grid}`), '--json']);
    expect(status, stderr).to.equal(0);
    expect((JSON.parse(stdout) as Tuning).pipelines[0].choices).to.deep.equal({ 'deoverlapper.threshold': 0.5 });
  });
});
