import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { L2cError } from '../../src/errors.js';
import { readWeights } from '../../src/formats/weights.js';
import { runFiles } from '../../src/pipeline/run-files.js';
import { trainFile } from '../../src/pipeline/train-file.js';
import { dataYaml, quietRun, Sandbox } from './sandbox.js';

/** A logistic regression of "same identity" on similarity: the smallest scorer that learns. */
const plugin = (core: string) => `
import { readWeights } from '${core}/formats/weights.js';
const options = { type: 'object', additionalProperties: false, required: ['weights', 'epochs'], properties: {
  weights: { type: 'string', format: 'weights', description: 'w' }, epochs: { type: 'integer', default: 200, description: 'e' } } };
const sigmoid = (z) => 1 / (1 + Math.exp(-z));
class Logistic {
  constructor(options) { this.options = options; }
  async score(proposals, context, previous) {
    const weights = await readWeights(this.options.weights);
    const [slope, bias] = weights.get('logistic').values;
    return { ...previous, proposals: Float32Array.from(proposals.similarities, (s) => sigmoid(slope * s + bias)) };
  }
  async train([{ proposals, context }]) {
    let slope = 0, bias = 0;
    const losses = [];
    for (let epoch = 0; epoch < this.options.epochs; epoch++) {
      let loss = 0, ds = 0, db = 0;
      for (let i = 0; i < proposals.n; i++) for (let e = proposals.offsets[i]; e < proposals.offsets[i + 1]; e++) {
        const y = context.truth[i] === context.truth[proposals.targets[e]] ? 1 : 0, s = proposals.similarities[e], p = sigmoid(slope * s + bias);
        loss -= y ? Math.log(p) : Math.log(1 - p); ds += (p - y) * s; db += p - y;
      }
      const m = proposals.targets.length; slope -= 20 * ds / m; bias -= 20 * db / m; losses.push(loss / m);
    }
    return { weights: new Map([['logistic', { shape: [2], values: Float32Array.of(slope, bias) }]]), record: { losses } };
  }
}
export default { name: 'learner', version: '1.0.0', presets: {}, stages: [{ kind: 'scorer', type: 'logistic', version: 1, proposals: 'edges', knn: false,
  truth: false, vertices: false, gives: [], trainable: true, summary: 's', options, check: async () => [], create: (options) => new Logistic(options) }] };
`;

describe('l2c train', () => {
  let box: Sandbox;
  beforeEach(() => {
    box = new Sandbox();
    box.faces({ noise: 0.5 });
    box.write('learner.mjs', plugin(new URL('../../src', import.meta.url).href));
  });
  afterEach(() => box.remove());

  const yaml = `plugins: [./learner.mjs]\n${dataYaml}knnBuilder: { type: exact, k: 8 }\nproposalGenerator: knn-edges
scorer: { type: logistic, weights: models/logistic.safetensors }\ndeoverlapper: { type: connected-components, threshold: 0.5 }\n`;

  it('writes weights that a run then reads', async () => {
    const file = box.write('pipeline.yaml', yaml);
    const before = await runFiles([file], quietRun()).catch((caught: unknown) => caught);
    expect(before).to.be.instanceOf(L2cError).with.property('code', 'E_FILE');
    const trained = await trainFile(file, quietRun());
    expect(trained).to.have.length(1);
    expect(trained[0]).to.include({
      pipeline: 'pipeline',
      stage: 'learner/logistic',
      weights: box.file('models/logistic.safetensors'),
    });
    const weights = await readWeights(box.file('models/logistic.safetensors'));
    expect(weights.get('logistic')!.values[0]).to.be.greaterThan(1);
    const record = JSON.parse(readFileSync(box.file('models/logistic.training.json'), 'utf8')) as {
      losses: number[];
      stage: string;
    };
    expect(record.losses.at(-1)).to.be.lessThan(record.losses[0]);
    const [summary] = await runFiles([file], quietRun());
    expect(summary.metrics!['pairwise f']).to.be.greaterThan(0.9);
  });

  it('does not use scores of other weights from the cache', async () => {
    const file = box.write('pipeline.yaml', yaml);
    await trainFile(file, quietRun());
    const first = await runFiles([file], quietRun());
    await trainFile(file, quietRun({ settings: ['scorer.epochs=0'] }));
    const second = await runFiles([file], quietRun());
    expect(second[0].stages.map(({ cached }) => cached)).to.deep.equal([true, true, false, false]);
    expect(second[0].clusters).to.not.equal(first[0].clusters);
  });

  it('trains shared weights once', async () => {
    const body = yaml.slice(yaml.indexOf('knnBuilder')).trimEnd().replaceAll('\n', '\n    ');
    const file = box.write(
      'pipeline.yaml',
      `plugins: [./learner.mjs]\n${dataYaml}pipelines:\n  a:\n    ${body}\n  b:\n    ${body}\n`,
    );
    expect(await trainFile(file)).to.have.length(1);
  });

  it('refuses paths that weights can not be written to, before it trains', async () => {
    box.write('taken', 'a file');
    const refused = async (path: string): Promise<string> => {
      const file = box.write('pipeline.yaml', yaml.replace('models/logistic.safetensors', path));
      return trainFile(file, quietRun()).then(String, (error: Error) => error.message);
    };
    expect(await refused('models/logistic.pth')).to.match(
      /^scorer\.weights: weights can be written to .safetensors and .npz/,
    );
    expect(await refused('taken/logistic.npz')).to.match(/^scorer\.weights: .*taken is a file, no folder/);
    expect(existsSync(box.file('runs'))).to.equal(false);
  });

  it('refuses scorers that are not alike and share a file', async () => {
    const body = yaml.slice(yaml.indexOf('knnBuilder')).trimEnd().replaceAll('\n', '\n    ');
    const other = body.replace('type: logistic,', 'type: logistic, epochs: 3,');
    const file = box.write(
      'pipeline.yaml',
      `plugins: [./learner.mjs]\n${dataYaml}pipelines:\n  a:\n    ${body}\n  b:\n    ${other}\n`,
    );
    const message = await trainFile(file).then(String, (error: Error) => error.message);
    expect(message).to.match(/^pipelines\.b\.scorer\.weights: pipelines\.a\.scorer writes .*logistic\.safetensors too/);
    expect(existsSync(box.file('models'))).to.equal(false);
  });

  it('asks a scorer what it has against training, and names it where that fails', async () => {
    const source = plugin(new URL('../../src', import.meta.url).href);
    const fault = `[{ option: 'epochs', fact: 'too few' }]`;
    const checked = 'check: async () => [], checkTraining: async ({ epochs }) => epochs < 0 ? ' + fault + ' : []';
    const failing = source.replace(
      'let slope = 0',
      `if (this.options.epochs === 1) throw new TypeError('no luck'); let slope = 0`,
    );
    box.write('learner.mjs', failing.replace('check: async () => []', checked));
    const file = box.write('pipeline.yaml', yaml);
    const message = (epochs: number): Promise<string> =>
      trainFile(file, quietRun({ settings: [`scorer.epochs=${epochs}`] })).then(
        String,
        (error: Error) => error.message,
      );
    expect(await message(-1)).to.include('too few');
    expect(await message(1)).to.include('pipeline pipeline, scorer learner/logistic: failed: no luck');
  });

  it('refuses a file without labels, or without anything to train', async () => {
    const unlabelled = box.write('a.yaml', yaml.replace(', labels: labels.meta', ''));
    expect(await trainFile(unlabelled, quietRun()).catch((caught: Error) => caught.message)).to.include(
      'training needs the true identities',
    );
    const nothing = box.write('b.yaml', yaml.replace(/scorer: .*\n/, ''));
    expect(await trainFile(nothing, quietRun()).catch((caught: Error) => caught.message)).to.match(
      /has no trainable scorer; trainable are .* of .+/,
    );
    expect(existsSync(box.file('models'))).to.equal(false);
    writeFileSync(box.file('b.yaml'), '');
  });
});
