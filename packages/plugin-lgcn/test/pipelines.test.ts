import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createRandom,
  initialWeights,
  L2cError,
  planFile,
  runFiles,
  trainFile,
  writeFeatures,
  writeLabels,
  writeWeights,
  type RunFilesOptions,
} from '@l2c/core';
import { tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { lGcnModel } from '../src/l-gcn-model.js';
import { presets } from '../src/presets.js';

const plugin = fileURLToPath(new URL('../src/index.ts', import.meta.url));
const baselines = fileURLToPath(new URL('../../plugin-baselines/src/index.ts', import.meta.url));
const nothing = (): void => undefined;

describe('pipelines of lgcn', () => {
  const folder = mkdtempSync(join(tmpdir(), 'l2c-lgcn-'));
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
    await writeFeatures(join(folder, 'features.npy'), features);
    await writeLabels(join(folder, 'labels.meta'), truth);
    await writeWeights(join(folder, 'w.safetensors'), initialWeights(lGcnModel(32, 8), createRandom(1)));
  });
  after(() => rmSync(folder, { recursive: true }));

  function write(pipelines: string): string {
    const file = join(folder, 'pipeline.yaml');
    const head = `plugins: [${JSON.stringify(plugin)}, ${JSON.stringify(baselines)}]
data: { features: features.npy, labels: labels.meta }
evaluators: [bcubed]
`;
    writeFileSync(file, head + pipelines);
    return file;
  }

  it('have presets for both data sets', () => {
    expect(Object.keys(presets)).to.deep.equal(['ms1m', 'deepfashion']);
  });

  for (const name of Object.keys(presets)) {
    it(`preset ${name} is a sound pipeline that clusters`, async () => {
      const small = 'knnBuilder: { k: 8 }\nscorer: { weights: w.safetensors }\n';
      const [{ metrics }] = await runFiles([write(`preset: lgcn/${name}\n${small}`)], quiet);
      expect(metrics!['bcubed f']).to.be.within(0, 1);
      expect(presets[name].summary).to.match(/\.$/);
    });
  }

  it('name the weights of a preset that are not there', async () => {
    const refusal = await planFile(write('preset: lgcn/ms1m\nknnBuilder: { k: 8 }\n')).catch((error: unknown) => error);
    expect(refusal).instanceOf(L2cError);
    const { problems } = refusal as L2cError;
    expect(problems.map(({ code }) => code)).to.deep.equal(['E_FILE']);
    expect(problems[0].fact).to.contain('ms1m-l-gcn.safetensors');
  });

  it('refuse weights for another dimension at their place', async () => {
    await writeWeights(join(folder, 'w64.safetensors'), initialWeights(lGcnModel(64, 8), createRandom(1)));
    const file = write('preset: lgcn/ms1m\nknnBuilder: { k: 8 }\nscorer: { weights: w64.safetensors }\n');
    const refusal = await planFile(file).catch((error: unknown) => error);
    expect((refusal as Error).message).to.match(/pipeline\.yaml:6:\d+ scorer\.weights: .*conv1\.weight is 128 x 8/);
  });

  it('train a preset, and run it better than before', async () => {
    const training = 'hidden: 8, epochs: 16, learningRate: 0.05, learningRateSteps: [0.8], pivots: 45';
    const file = write(
      `preset: lgcn/deepfashion\nknnBuilder: { k: 10 }\nscorer: { kAtHop: [10, 5], ${training} }\ndeoverlapper: { maxSize: 12 }\n`,
    );
    const trained = await trainFile(file, quiet);
    expect(trained.map(({ stage }) => stage)).to.deep.equal(['lgcn/l-gcn']);
    const record = JSON.parse(readFileSync(join(folder, 'models/deepfashion-l-gcn.training.json'), 'utf8')) as object;
    expect(record).to.have.nested.property('options.pivots', 45);
    const [{ metrics }] = await runFiles([file], quiet);
    const other = write(
      `preset: lgcn/deepfashion\nknnBuilder: { k: 10 }\nscorer: { kAtHop: [10, 5], weights: w.safetensors }\ndeoverlapper: { maxSize: 12 }\n`,
    );
    const [{ metrics: untrained }] = await runFiles([other], quiet);
    expect(metrics!['bcubed f']).above(untrained!['bcubed f'] + 0.1);
  });

  it('mix: any de-overlapper takes the links, and any scorer may come before', async () => {
    const scorer = 'scorer: { type: l-gcn, weights: w.safetensors, kAtHop: [8, 4] }';
    const head = `{ knnBuilder: { type: exact, k: 8 }, proposalGenerator: knn-edges, ${scorer}`;
    const file = write(`pipelines:
  components: ${head}, deoverlapper: { type: connected-components, threshold: 0.5 } }
  whispers: ${head}, deoverlapper: chinese-whispers }
  dbscan: ${head}, deoverlapper: { type: dbscan, maxDistance: 0.5, minPoints: 1 } }
  few-links: ${head.replace('knn-edges', '{ type: knn-edges, minSimilarity: 0.4 }')}, deoverlapper: { type: propagation, maxSize: 12 } }
  after-density: ${head.replace('scorer: {', 'scorer: [{ type: density }, {').replace(/ \}$/, '')} }], deoverlapper: { type: confidence-tree, minSimilarity: 0.3 } }
`);
    const summaries = await runFiles([file], quiet);
    expect(summaries).to.have.length(5);
    for (const { metrics } of summaries) expect(metrics!['bcubed f']).to.be.within(0, 1);
  });
});
