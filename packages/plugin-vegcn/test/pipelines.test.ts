import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  initialWeights,
  L2cError,
  planFile,
  createRandom,
  runFiles,
  trainFile,
  writeFeatures,
  writeLabels,
  writeWeights,
  type RunFilesOptions,
} from '@l2c/core';
import { tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { gcnEModel } from '../src/gcn-e-model.js';
import { gcnVModel } from '../src/gcn-v-model.js';
import { presets } from '../src/presets.js';

const plugin = fileURLToPath(new URL('../src/index.ts', import.meta.url));
const nothing = (): void => undefined;

describe('pipelines of vegcn', () => {
  const folder = mkdtempSync(join(tmpdir(), 'l2c-vegcn-'));
  const { features, truth } = tinyFaces({ sizes: [12, 10, 10, 9, 8, 8, 7, 6, 6, 5, 5, 4], dim: 32, noise: 0.6 });
  const quiet: RunFilesOptions = {
    settings: [],
    only: [],
    output: undefined,
    keep: false,
    cache: true,
    log: { debug: nothing, info: nothing, warn: nothing },
    observer: { stageStarted: nothing, stageEnded: nothing, progress: { update: nothing } },
    signal: new AbortController().signal,
  };

  before(async () => {
    await writeFeatures(join(folder, 'faces.npy'), features);
    await writeLabels(join(folder, 'labels.meta'), truth);
    const random = createRandom(1);
    await writeWeights(join(folder, 'v.safetensors'), initialWeights(gcnVModel(32, 8), random));
    await writeWeights(join(folder, 'e.safetensors'), initialWeights(gcnEModel(8, 8), random));
    await writeWeights(join(folder, 'v8.safetensors'), initialWeights(gcnVModel(8, 4), random));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const write = (body: string): string => {
    const file = join(folder, 'pipeline.yaml');
    writeFileSync(file, `plugins: [${plugin}]\ndata: { features: faces.npy, labels: labels.meta }\n${body}`);
    return file;
  };
  const gcnV = 'knnBuilder: { k: 10 }, scorer: { weights: v.safetensors }';
  const rounds: Record<string, string> = {
    'gcn-v+e': `rounds: [{ ${gcnV} }, { knnBuilder: { k: 12 }, scorer: { weights: e.safetensors } }]`,
    'gcn-v': gcnV.replace(', scorer', '\nscorer'),
    'gcn-v-embedding': `rounds: [{ ${gcnV} }, { knnBuilder: { k: 10 } }]`,
  };
  const use = (name: string): string =>
    rounds[name.endsWith('-embedding') ? 'gcn-v-embedding' : name.endsWith('-gcn-v') ? 'gcn-v' : 'gcn-v+e'];

  it('have presets for the three uses on both data sets', () => {
    expect(Object.keys(presets)).to.deep.equal([
      'ms1m',
      'ms1m-gcn-v',
      'ms1m-gcn-v-embedding',
      'deepfashion',
      'deepfashion-gcn-v',
      'deepfashion-gcn-v-embedding',
    ]);
  });

  for (const name of Object.keys(presets)) {
    it(`preset ${name} is a sound pipeline that clusters`, async () => {
      const [{ metrics }] = await runFiles([write(`preset: vegcn/${name}\n${use(name)}\n`)], quiet);
      expect(metrics!['bcubed f']).to.be.within(0, 1);
      expect(presets[name].summary).to.match(/\.$/);
    });
  }

  it('name the weights of a preset that are not there', async () => {
    const smaller = 'rounds: [{ knnBuilder: { k: 10 } }, { knnBuilder: { k: 10 } }]';
    const refusal = await planFile(write(`preset: vegcn/ms1m\n${smaller}\n`)).catch((error: unknown) => error);
    expect(refusal).instanceOf(L2cError);
    const { problems } = refusal as L2cError;
    expect(problems.map(({ code }) => code)).to.deep.equal(['E_FILE', 'E_FILE']);
    expect(problems.map(({ fact }) => fact).join('\n')).to.match(/ms1m-gcn-v\.saf.*\n.*ms1m-gcn-e\.saf/);
  });

  it('train, presets of one data set from one file of weights, and run', async () => {
    const scorer = 'scorer: { hidden: 6, epochs: 2 }';
    const file = write(
      `pipelines:
  both: { preset: vegcn/deepfashion, rounds: [{ knnBuilder: { k: 8 }, ${scorer} }, { knnBuilder: { k: 9 }, ${scorer} }] }
  alone: { preset: vegcn/deepfashion-gcn-v, knnBuilder: { k: 8 }, ${scorer} }
`,
    );
    const trained = await trainFile(file, quiet);
    expect(trained.map(({ stage }) => stage)).to.deep.equal(['vegcn/gcn-v', 'vegcn/gcn-e']);
    const record = JSON.parse(readFileSync(join(folder, 'models/deepfashion-gcn-e.training.json'), 'utf8')) as object;
    expect(record).to.have.nested.property('options.trainingIgnoreRatio', 0.9);
    expect(await runFiles([file], quiet)).to.have.length(2);
  });

  it('are not trained without labels', async () => {
    const file = write(`preset: vegcn/ms1m-gcn-v\nknnBuilder: { k: 8 }\n`);
    writeFileSync(file, readFileSync(file, 'utf8').replace(', labels: labels.meta', ''));
    const refusal = await trainFile(file, quiet).catch((error: unknown) => error);
    expect(refusal).instanceOf(L2cError);
    expect((refusal as Error).message).to.contain('training needs the true identities');
  });

  it('may run gcn-v on the embedding of an earlier round, whose dimension is seen then', async () => {
    const round = (weights: string) =>
      `{ knnBuilder: { type: exact, k: 6 }, proposalGenerator: knn-edges, scorer: { type: gcn-v, weights: ${weights} }`;
    const twice = (weights: string) =>
      write(`rounds: [${round('v.safetensors')} }, ${round(weights)}, deoverlapper: confidence-tree }]\n`);
    const [{ metrics }] = await runFiles([twice('v8.safetensors')], quiet);
    expect(metrics!['bcubed f']).to.be.within(0, 1);
    await planFile(twice('v.safetensors'));
    const refusal = await runFiles([twice('v.safetensors')], quiet).catch((error: unknown) => error);
    expect(refusal).instanceOf(L2cError);
    expect((refusal as Error).message).to.contain('where gcn-v on 8 dimensions needs 16 x 8');
  });
});
