import { expect } from 'chai';
import { L2cError, type Problem } from '../../src/errors.js';
import { planFile } from '../../src/pipeline/validate.js';
import { dataYaml, Sandbox } from './sandbox.js';

describe('validation', () => {
  let box: Sandbox;
  beforeEach(() => {
    box = new Sandbox();
    box.faces();
  });
  afterEach(() => box.remove());

  const problemsOf = async (yaml: string, settings: string[] = []): Promise<readonly Problem[]> => {
    try {
      await planFile(box.write('pipeline.yaml', yaml), { settings });
    } catch (error) {
      if (error instanceof L2cError) return error.problems;
      throw error;
    }
    return [];
  };
  const data = 'data: { features: features.bin, dim: 16, labels: labels.meta }\n';
  const stages = 'knnBuilder: { type: exact, k: 4 }\nproposalGenerator: knn-edges\n';

  it('names what stands for nothing in a path of images, and lets a list be called so', async () => {
    const yaml = `${data.replace(' }', ', images: "photos/{idx}.jpg" }')}${stages}deoverlapper: connected-components\n`;
    const found = await problemsOf(yaml);
    expect(found).to.have.length(1);
    expect(found[0].fact).to.match(/\{idx\}\.jpg: holds \{idx\}, and only \{id\} and \{row\} stand for something$/);
    box.write('photos/{idx}.jpg', 'a.jpg\n'.repeat(30));
    expect(await problemsOf(yaml)).to.deep.equal([]);
  });

  it('refuses names of pipelines that a run has files or folders of its own for', async () => {
    const box = new Sandbox();
    box.faces();
    const pipeline =
      '{ knnBuilder: { type: exact, k: 3 }, proposalGenerator: knn-edges, deoverlapper: connected-components }';
    for (const name of ['tune', 'comparison.md', 'Comparison.JSON']) {
      const error = await planFile(box.write('p.yaml', `${dataYaml}pipelines: { ${name}: ${pipeline} }\n`)).catch(
        (caught: unknown) => caught,
      );
      expect((error as Error).message, name).to.include('a run writes a file or folder of that name');
    }
    expect(
      (await planFile(box.write('p.yaml', `${dataYaml}pipelines: { tuned: ${pipeline} }\n`))).pipelines,
    ).to.have.length(1);
    box.remove();
  });

  it('accepts a bare type for a stage and fills every default', async () => {
    const plan = await planFile(box.write('pipeline.yaml', `${data}${stages}deoverlapper: connected-components\n`));
    expect(plan.facts).to.deep.equal({ n: 30, dim: 16 });
    expect(plan.single).to.equal(true);
    expect(plan.evaluators.map(({ fullName }) => fullName)).to.deep.equal(['core/pairwise', 'core/bcubed', 'core/nmi']);
    const generator = plan.pipelines[0].rounds[0].proposalGenerator;
    expect(generator.options).to.have.property('mutual', false);
  });

  it('reports all problems at once, each with file, line, column, path and a way out', async () => {
    const problems = await problemsOf(
      [
        'data:',
        '  features: nowhere.bin',
        '  dimm: 16',
        'knnBuilder: { type: exakt }',
        'proposalGenerator: { type: knn-edges, minSimilarty: 0.5 }',
        'deoverlapper: { type: nms, maxIou: 3 }',
        'evaluators: [pairwise, bcube]',
      ].join('\n'),
    );
    const text = problems.map(({ place, fact, wayOut }) => `${place}: ${fact}; ${wayOut ?? ''}`);
    expect(text.join('\n'))
      .to.match(/pipeline\.yaml:3:3 data\.dimm: unknown option; did you mean "dim"\?/)
      .and.match(/pipeline\.yaml:2:13 data\.features: there is no file .*nowhere\.bin/)
      .and.match(/pipeline\.yaml:4:21 knnBuilder\.type: no knnBuilder of type "exakt"; did you mean "exact"\?/)
      .and.match(/pipeline\.yaml:5:39 proposalGenerator\.minSimilarty: unknown option; did you mean "minSimilarity"\?/)
      .and.match(/pipeline\.yaml:6:36 deoverlapper\.maxIou: must be <= 1/)
      .and.match(/pipeline\.yaml:7:24 evaluators\.1: no evaluator of type "bcube"; did you mean "bcubed"\?/);
    expect(problems).to.have.length(6);
  });

  it('tells a stage the dimension of the data, unless an earlier round gives an embedding', async () => {
    box.write(
      'plugin.mjs',
      `const options = { type: 'object', additionalProperties: false, required: [], properties: {} };
const scorer = (type, gives) => ({ kind: 'scorer', type, version: 1, proposals: 'edges', knn: false, truth: false,
  vertices: false, gives, trainable: false, summary: 's', options, create: () => ({}),
  check: async (_options, { n, dim }) => [{ option: '', fact: type + ' sees ' + n + ' x ' + dim }] });
export default { name: 'shapes', version: '1.0.0', presets: {}, stages: [scorer('embeds', ['embedding']), scorer('looks', [])] };
`,
    );
    const round = (scorer: string) => `{ knnBuilder: { type: exact, k: 4 }, proposalGenerator: knn-edges, ${scorer} }`;
    const last = 'deoverlapper: connected-components';
    const problems = await problemsOf(
      `plugins: [./plugin.mjs]
${data}pipelines:
  embedded: { rounds: [${round('scorer: [embeds, looks]')}, ${round(`scorer: looks, ${last}`)}] }
  plain: { rounds: [${round('scorer: looks')}, ${round(`scorer: looks, ${last}`)}] }
`,
    );
    const facts = problems.map(({ place, fact }) => `${place.split(' ').at(-1)}: ${fact}`);
    expect(facts).to.deep.equal([
      'pipelines.embedded.rounds.0.scorer.0: embeds sees 30 x 16',
      'pipelines.embedded.rounds.0.scorer.1: looks sees 30 x 16',
      'pipelines.embedded.rounds.1.scorer: looks sees 30 x undefined',
      'pipelines.plain.rounds.0.scorer: looks sees 30 x 16',
      'pipelines.plain.rounds.1.scorer: looks sees 30 x 16',
    ]);
  });

  it('refuses kinds that do not meet, missing graphs, missing confidences and missing labels', async () => {
    const problems = await problemsOf(
      `data: { features: features.bin, dim: 16 }
pipelines:
  kinds: { knnBuilder: { type: exact, k: 4 }, proposalGenerator: knn-edges, deoverlapper: nms }
  graph: { proposalGenerator: knn-edges, deoverlapper: connected-components }
  confidences: { knnBuilder: { type: exact, k: 4 }, proposalGenerator: knn-edges, deoverlapper: confidence-tree }
  truth: { knnBuilder: { type: exact, k: 4 }, proposalGenerator: knn-edges, scorer: ground-truth, deoverlapper: connected-components }
`,
    );
    const facts = problems.map(({ fact }) => fact).join('\n');
    expect(facts).to.include('nms takes clusters, but knn-edges gives edges');
    expect(facts).to.include('knn-edges needs a kNN graph');
    expect(facts).to.include('confidence-tree needs a confidence per instance');
    expect(facts).to.include('ground-truth reads the true identities');
    expect(problems).to.have.length(4);
    expect(problems.every(({ place }) => /pipeline\.yaml:\d+:\d+ pipelines\./.test(place))).to.equal(true);
  });

  it('refuses a stage under the wrong key and says where it belongs', async () => {
    const [problem] = await problemsOf(`${data}${stages}deoverlapper: knn-edges\n`);
    expect(problem.fact).to.equal('"knn-edges" is a proposalGenerator, not a deoverlapper');
  });

  it('refuses k that the data can not have', async () => {
    const problems = await problemsOf(
      `${data}knnBuilder: { type: exact, k: 30 }\nproposalGenerator: knn-edges\ndeoverlapper: connected-components\n`,
    );
    expect(problems.map(({ place }) => place).join()).to.match(/pipeline\.yaml:2:31 knnBuilder\.k/);
    expect(problems[0].wayOut).to.include('29');
  });

  it('refuses a dim that does not divide the file and labels of another length', async () => {
    box.write('labels.meta', '1\n2\n');
    const problems = await problemsOf(
      `data: { features: features.bin, dim: 7, labels: labels.meta }\n${stages}deoverlapper: connected-components\n`,
    );
    expect(problems.map(({ place }) => place).join()).to.match(/data\.features/);
    const lengths = await problemsOf(`${data}${stages}deoverlapper: connected-components\n`);
    expect(lengths.map(({ place, fact }) => `${place} ${fact}`).join()).to.match(/data\.labels.*\b2\b.*\b30\b/);
  });

  it('says what it got where a type does not fit', async () => {
    const problems = await problemsOf(
      `data: { features: [1], dim: 'a' }\n${stages}deoverlapper: connected-components\n`,
    );
    const facts = problems.map(({ fact }) => fact);
    expect(facts).to.include('must be string, got a list');
    expect(facts).to.include('must be integer, got "a"');
  });

  it('applies --set, also into lists and bare stages, and blames the flag', async () => {
    const yaml = `${data}pipelines:\n  a: { knnBuilder: { type: exact, k: 4 }, proposalGenerator: knn-edges, deoverlapper: connected-components }\n`;
    const file = box.write('pipeline.yaml', yaml);
    const plan = await planFile(file, {
      settings: ['pipelines.a.knnBuilder.k=3', 'pipelines.a.proposalGenerator.mutual=true', 'evaluators=[nmi]'],
    });
    expect(plan.pipelines[0].rounds[0].knnBuilder!.options['k']).to.equal(3);
    expect(plan.pipelines[0].rounds[0].proposalGenerator.options['mutual']).to.equal(true);
    expect(plan.evaluators).to.have.length(1);
    const [problem] = await problemsOf(yaml, ['pipelines.a.knnBuilder.kk=3']);
    expect(problem.place).to.equal('--set pipelines.a.knnBuilder.kk=3');
    const lists = await problemsOf(yaml, ['data.features.x=3']);
    expect(lists.map(({ fact }) => fact).join()).to.include('no mapping');
  });

  it('refuses a deoverlapper before the last round, stages beside pipelines, and a file that is no mapping', async () => {
    const round = 'knnBuilder: { type: exact, k: 4 }, proposalGenerator: knn-edges, deoverlapper: connected-components';
    expect((await problemsOf(`${data}rounds: [{ ${round} }, { ${round} }]\n`))[0].fact).to.include(
      'only the last round',
    );
    expect((await problemsOf(`${data}deoverlapper: nms\npipelines: { a: { ${round} } }\n`))[0].fact).to.include(
      'beside "pipelines"',
    );
    expect((await problemsOf(`${data}${stages}`))[0]).to.include({ wayOut: 'for instance deoverlapper: infomap' });
    expect((await problemsOf('- a\n- b\n'))[0].fact).to.include('is a mapping');
    expect((await problemsOf(''))[0].fact).to.include('"data" is missing');
  });

  it('refuses pipeline names that are no folder names', async () => {
    const round = 'knnBuilder: { type: exact, k: 4 }, proposalGenerator: knn-edges, deoverlapper: connected-components';
    const problems = await problemsOf(`${data}pipelines: { "../x": { ${round} } }\n`);
    expect(problems[0].fact).to.include('also a folder');
  });

  it('names the plugin that has what the file does not list', async () => {
    const plugin = `const options = { type: 'object', additionalProperties: false, required: [], properties: {} };
export default { name: 'knots', version: '1.0.0', presets: { tight: { summary: 's', pipeline: {} } }, stages: [
  { kind: 'deoverlapper', type: 'knot', version: 1, proposals: 'edges', gives: [], summary: 's', options, create: () => ({}), check: async () => [] }] };
`;
    box.write('node_modules/@l2c/plugin-knots/package.json', '{ "type": "module", "main": "main.js" }');
    box.write('node_modules/@l2c/plugin-knots/main.js', plugin);
    box.write('node_modules/@l2c/plugin-broken/package.json', '{ "main": "absent.js" }');
    const problems = await problemsOf(`${data}pipelines:
  short: { knnBuilder: { type: exact, k: 4 }, proposalGenerator: knn-edges, deoverlapper: knot }
  full: { knnBuilder: { type: exact, k: 4 }, proposalGenerator: knn-edges, deoverlapper: knots/knot }
  preset: { preset: knots/tight }
  nobody: { preset: knots/loose }
`);
    const wayOut = `list '@l2c/plugin-knots' under "plugins"`;
    expect(problems.map((problem) => [problem.fact, problem.wayOut === wayOut])).to.deep.equal([
      ['no preset "knots/tight"', true],
      ['no preset "knots/loose"', false],
      ['no deoverlapper of type "knot"', true],
      ['no deoverlapper of type "knots/knot"', true],
    ]);
  });

  it('blames nothing on what stands beside an unknown preset', async () => {
    const problems = await problemsOf(`${data}preset: vegcn/ms2m\nscorer: { weights: a.safetensors }\n`);
    expect(problems.map(({ fact }) => fact)).to.deep.equal(['no preset "vegcn/ms2m"']);
  });

  it('says where weights come from that are not there', async () => {
    box.write(
      'plugin.mjs',
      `const options = { type: 'object', additionalProperties: false, required: ['weights'], properties: { weights: { type: 'string', format: 'weights', description: 'w' } } };
export default { name: 'learner', version: '1.0.0', presets: { paper: { summary: 's', pipeline: { knnBuilder: { type: 'exact', k: 4 },
  proposalGenerator: 'knn-edges', scorer: { type: 'learned', weights: 'paper.safetensors' }, deoverlapper: 'connected-components' } } },
  stages: [{ kind: 'scorer', type: 'learned', version: 1, proposals: 'edges', gives: [], trainable: true, summary: 's', options, create: () => ({}), check: async () => [] }] };
`,
    );
    const [problem, ...others] = await problemsOf(`plugins: [./plugin.mjs]\n${data}preset: learner/paper\n`);
    expect(problem.fact).to.match(/there is no file .*paper\.safetensors/);
    expect(problem.wayOut).to.include('l2c train').and.include('l2c convert');
    expect(others).to.deep.equal([]);
  });
});
