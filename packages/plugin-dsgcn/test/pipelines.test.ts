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
import { gcnDModel } from '../src/gcn-d-model.js';
import { gcnSModel } from '../src/gcn-s-model.js';
import { presets } from '../src/presets.js';

const plugins = ['../src/index.ts', '../../plugin-baselines/src/index.ts'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const nothing = (): void => undefined;

describe('pipelines of dsgcn', () => {
  const folder = mkdtempSync(join(tmpdir(), 'l2c-dsgcn-'));
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
    const shape = { network: 'gcn', pool: 'max', hidden: [8, 4], dropout: 0 } as const;
    await writeWeights(join(folder, 'd.safetensors'), initialWeights(gcnDModel('features', 32, shape), random));
    await writeWeights(
      join(folder, 's.safetensors'),
      initialWeights(gcnSModel({ inputs: 'features', seeded: true }, 32, [8, 4], 0), random),
    );
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const write = (body: string): string => {
    const file = join(folder, 'pipeline.yaml');
    const head = `plugins: [${plugins.join(', ')}]\ndata: { features: faces.npy, labels: labels.meta }\n`;
    writeFileSync(file, `${head}${body}`);
    return file;
  };
  const small =
    'knnBuilder: { k: 10 }\nproposalGenerator: { k: [10], threshold: [0.4, 0.5, 0.6, 0.65, 0.7, 0.72, 0.75] }';

  it('have presets for the parameter sets of each data set', () => {
    const names = [
      'ms1m-2',
      'ms1m-5',
      'ms1m-8',
      'ms1m-20',
      'deepfashion-2',
      'deepfashion-8',
      'deepfashion-20',
      'ytb-4',
    ];
    expect(Object.keys(presets)).to.deep.equal(names.flatMap((name) => [name, `${name}-gcn-s`]));
    for (const [name, { pipeline, summary }] of Object.entries(presets)) {
      const { k, threshold, baseOnly, iterations } = pipeline['proposalGenerator'] as Record<string, unknown[]>;
      const sets = k.length * (threshold.length * (1 + iterations.length) - baseOnly.length);
      expect(name).to.match(new RegExp(`-${sets}(-gcn-s)?$`));
      expect(summary).to.match(/\.$/);
    }
  });

  for (const name of Object.keys(presets)) {
    it(`preset ${name} is a sound pipeline that clusters`, async () => {
      const scorer = name.endsWith('-gcn-s')
        ? 'scorer: [{ weights: d.safetensors }, { weights: s.safetensors }, { weights: d.safetensors }]'
        : 'scorer: { weights: d.safetensors }';
      const [{ metrics }] = await runFiles([write(`preset: dsgcn/${name}\n${small}\n${scorer}\n`)], quiet);
      expect(metrics!['bcubed f']).to.be.within(0, 1);
    });
  }

  it('name the weights of a preset that are not there', async () => {
    const refusal: unknown = await planFile(write(`preset: dsgcn/ms1m-8-gcn-s\n${small}\n`)).catch(
      (error: unknown) => error,
    );
    expect(refusal).instanceOf(L2cError);
    const { problems } = refusal as L2cError;
    expect(problems.map(({ code }) => code)).to.deep.equal(['E_FILE', 'E_FILE', 'E_FILE']);
  });

  it('train, GCN-D for both targets and GCN-S, and run with what they learned', async () => {
    const quick = 'hidden: [6, 4], epochs: 2';
    const wide = `${quick}, trainingMinIop: 0, trainingMaxIop: 1, minIop: -0, maxIop: 1`;
    const file = write(`preset: dsgcn/ms1m-8-gcn-s\n${small}\nscorer: [{ ${quick} }, { ${wide} }, { ${quick} }]\n`);
    const trained = await trainFile(file, quiet);
    expect(trained.map(({ stage }) => stage)).to.deep.equal(['dsgcn/gcn-d', 'dsgcn/gcn-s', 'dsgcn/gcn-d']);
    const record = JSON.parse(readFileSync(join(folder, 'models/ms1m-gcn-d-iop.training.json'), 'utf8')) as object;
    expect(record).to.have.nested.property('target', 'iop');
    const [{ metrics }] = await runFiles([file], quiet);
    expect(metrics!['bcubed f']).to.be.within(0, 1);
  });

  describe('mixed with other methods', () => {
    const knn = 'knnBuilder: { type: exact, k: 10 }';
    const iou = '{ type: gcn-d, weights: d.safetensors }';
    for (const [name, body] of [
      ['kmeans, gcn-d, nms', `${knn}\nproposalGenerator: { type: kmeans, clusters: 12 }\nscorer: ${iou}`],
      ['hdbscan, gcn-d, nms', `${knn}\nproposalGenerator: { type: hdbscan, minSize: 3 }\nscorer: ${iou}`],
      [
        'super-vertex, ground-truth by IoP, gcn-s, gcn-d, nms',
        `${knn}\nproposalGenerator: { type: super-vertex, threshold: [0.5, 0.6] }
scorer: [{ type: ground-truth, target: iop }, { type: gcn-s, weights: s.safetensors }, ${iou}]`,
      ],
    ] as const) {
      it(name, async () => {
        const [{ metrics }] = await runFiles([write(`${body}\ndeoverlapper: nms\n`)], quiet);
        expect(metrics!['bcubed f']).to.be.within(0.1, 1);
      });
    }

    it('super-vertex, ground-truth, nms: the upper bound is not below any other ranking of the same sets', async () => {
      const generator = 'proposalGenerator: { type: super-vertex, threshold: [0.3, 0.5, 0.6, 0.7], maxSize: 20 }';
      const file = write(`pipelines:
  bound: { ${knn}, ${generator}, scorer: ground-truth, deoverlapper: nms }
  learned: { ${knn}, ${generator}, scorer: ${iou}, deoverlapper: nms }
  unranked: { ${knn}, ${generator}, deoverlapper: nms }
`);
      const [bound, learned, unranked] = (await runFiles([file], quiet)).map(({ metrics }) => metrics!['bcubed f']);
      expect(bound).at.least(learned);
      expect(bound).at.least(unranked);
      expect(bound).above(0.6);
    });

    it('refuses links where sets are needed, and sets without neighbours', async () => {
      const refusal = async (body: string) =>
        ((await planFile(write(`${body}\ndeoverlapper: nms\n`)).catch((error: unknown) => error)) as Error).message;
      expect(await refusal(`${knn}\nproposalGenerator: knn-edges\nscorer: ${iou}`)).to.contain('gcn-d takes clusters');
      expect(await refusal(`proposalGenerator: { type: kmeans, clusters: 3 }\nscorer: ${iou}`)).to.contain(
        'gcn-d needs a kNN graph',
      );
    });
  });
});
