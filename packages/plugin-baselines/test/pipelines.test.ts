import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Features, planFile, runFiles, tuneFile, writeFeatures, writeLabels, type PipelineSummary } from '@l2c/core';
import { tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { presets } from '../src/presets.js';

const plugin = fileURLToPath(new URL('../src/index.ts', import.meta.url));

describe('pipelines of baselines', () => {
  let folder: string;
  const { features, truth } = tinyFaces({ sizes: [12, 10, 10, 9, 8, 8, 7, 6, 6, 5, 5, 4], dim: 32, noise: 0.6 });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'l2c-baselines-'));
    await writeFeatures(join(folder, 'faces.npy'), features);
    await writeLabels(join(folder, 'labels.meta'), truth);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const write = (body: string): string => {
    const file = join(folder, 'pipeline.yaml');
    writeFileSync(file, `plugins: [${plugin}]\ndata: { features: faces.npy, labels: labels.meta }\n${body}`);
    return file;
  };
  const run = (body: string): Promise<PipelineSummary[]> =>
    runFiles([write(body)], {
      settings: [],
      only: [],
      output: undefined,
      keep: false,
      cache: true,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
      observer: { stageStarted: () => undefined, stageEnded: () => undefined, progress: { update: () => undefined } },
      signal: new AbortController().signal,
    });

  /** Stages of different methods under and over each other; none of them learns. */
  const mixed: Record<string, [yaml: string, least: number]> = {
    'knn-edges, chinese-whispers': [`${knn()}, deoverlapper: chinese-whispers`, 0.9],
    'knn-edges, dbscan': [`${knn()}, deoverlapper: dbscan`, 0.9],
    'knn-edges, connected-components': [`${knn()}, deoverlapper: { type: connected-components, threshold: auto }`, 0.9],
    'knn-edges, propagation': [`${knn()}, deoverlapper: { type: propagation, threshold: auto }`, 0.9],
    'knn-edges, rank-order, propagation': [`${knn()}, scorer: rank-order, deoverlapper: { type: propagation, threshold: 0 }`, 0.6], // prettier-ignore
    'knn-edges, rank-order, connected-components': [`${knn()}, scorer: rank-order, deoverlapper: { type: connected-components, threshold: 0.3 }`, 0.6], // prettier-ignore
    'knn-edges, density, confidence-tree': [`${knn()}, scorer: density, deoverlapper: { type: confidence-tree, minSimilarity: 0.5 }`, 0.8], // prettier-ignore
    'radius-edges, dbscan': ['proposalGenerator: { type: radius-edges, maxDistance: 0.6 }, deoverlapper: dbscan', 0.9],
    'radius-edges, chinese-whispers': ['proposalGenerator: { type: radius-edges, maxDistance: 0.6 }, deoverlapper: chinese-whispers', 0.9], // prettier-ignore
    'hac, partition': ['proposalGenerator: hac, deoverlapper: partition', 0.9],
    'hac on the graph, partition': ['knnBuilder: { type: exact, k: 10 }, proposalGenerator: { type: hac, source: knn }, deoverlapper: partition', 0.9], // prettier-ignore
    'hdbscan, partition': ['proposalGenerator: { type: hdbscan, minSize: 3 }, deoverlapper: partition', 0.7],
    'mean-shift, partition': [
      'proposalGenerator: { type: mean-shift, maxDistance: 0.45 }, deoverlapper: partition',
      0.6,
    ],
    'kmeans, ground-truth, nms': ['proposalGenerator: { type: kmeans, clusters: 12 }, scorer: ground-truth, deoverlapper: nms', 0.8], // prettier-ignore
    'mini-batch-kmeans, cosine, nms': ['proposalGenerator: { type: mini-batch-kmeans, clusters: 12, batchSize: 30 }, scorer: cosine, deoverlapper: nms', 0.7], // prettier-ignore
    'spectral on the graph, partition': ['knnBuilder: { type: exact, k: 5 }, proposalGenerator: { type: spectral, clusters: 12 }, deoverlapper: partition', 0.8], // prettier-ignore
    'spectral by rbf, ground-truth, nms': ['proposalGenerator: { type: spectral, clusters: 12, affinity: rbf }, scorer: ground-truth, deoverlapper: nms', 0.8], // prettier-ignore
    'hdbscan, ground-truth, nms': ['proposalGenerator: { type: hdbscan, minSize: 3 }, scorer: ground-truth, deoverlapper: nms', 0.7], // prettier-ignore
  };

  it('mix stages of any method', async () => {
    const names = Object.keys(mixed);
    const body = names.map((name, at) => `  p${at}: { ${mixed[name][0]} }`).join('\n');
    const summaries = await run(`pipelines:\n${body}\n`);
    summaries.forEach(({ metrics }, at) => {
      expect(metrics!['bcubed f'], names[at]).to.be.at.least(mixed[names[at]][1]);
    });
    const record = JSON.parse(readFileSync(join(folder, 'runs/p0/metrics.json'), 'utf8')) as object;
    expect(JSON.stringify(record)).to.include('"plateau"');
  });

  describe('with a committee', () => {
    // A member that sees what the pipeline sees accepts every link, if it is read in the same rows.
    const voted = (file: string): string =>
      `pipelines:
  plain: { ${knn()}, deoverlapper: { type: connected-components, threshold: 0.5 } }
  voted: { ${knn()}, scorer: { type: committee-vote, committee: [${file}], k: 10 }, deoverlapper: { type: connected-components, threshold: 0.5 } }
`;
    const labelsOf = (name: string): string => readFileSync(join(folder, `runs/${name}/labels.meta`), 'utf8');
    const accepted = (summary: PipelineSummary): unknown => summary.stages.find(({ kind }) => kind === 'scorer')?.facts;

    it('read its files in the rows of a half', async () => {
      const settings = ['data.half=testing'];
      const [plain, other] = await runFiles([write(voted('faces.npy'))], { settings });
      expect(plain.instances).to.be.within(30, 60);
      expect(accepted(other)).to.deep.equal({ accepted: 10 * other.instances });
      expect(labelsOf('voted')).to.equal(labelsOf('plain'));
    });

    it('read its files without the rows that were dropped, whatever these hold', async () => {
      const holes = Features.from(features.blocks[0], features.dim);
      for (const row of [3, 40, 41]) holes.row(row).fill(row === 3 ? NaN : 0);
      await writeFeatures(join(folder, 'holes.npy'), holes);
      const settings = ['data.features=holes.npy', 'data.onInvalid=drop'];
      const [plain, other] = await runFiles([write(voted('holes.npy'))], { settings });
      expect(plain.instances).to.equal(features.n - 3);
      expect(accepted(other)).to.deep.equal({ accepted: 10 * other.instances });
      expect(labelsOf('voted')).to.equal(labelsOf('plain'));
      const odd = await runFiles([write(voted('holes.npy'))]).catch((error: unknown) => error as Error);
      expect((odd as Error).message).to.match(/scorer baselines\/committee-vote, .*holes\.npy row 3: NaN/);
    });

    it('are tuned on halves', async () => {
      const grid = 'tune: { splits: 1, grid: { scorer.votes: [0, 1] } }\n';
      const { pipelines } = await tuneFile(write(`${voted('faces.npy')}${grid}`));
      const [{ tuned, failed }] = pipelines.filter(({ pipeline }) => pipeline === 'voted');
      expect(failed).to.deep.equal([]);
      expect(tuned!.metrics['bcubed f']).to.be.at.least(0.85);
    });
  });

  describe('of odd rows', () => {
    const rows = (values: Features): Promise<void> => writeFeatures(join(folder, 'odd.npy'), values);
    const odd = async (body: string, ...settings: string[]): Promise<{ labels: string[]; warnings: string[] }> => {
      const warnings: string[] = [];
      const log = {
        debug: () => undefined,
        info: () => undefined,
        warn: (message: string) => void warnings.push(message),
      };
      await runFiles([write(body)], { settings: ['data.features=odd.npy', ...settings], log });
      return { labels: readFileSync(join(folder, 'runs/pipeline/labels.meta'), 'utf8').trim().split('\n'), warnings };
    };

    it('join equal ones at a distance of 0', async () => {
      const twice = Features.allocate(features.n, features.dim);
      for (let i = 0; i < twice.n; i++) twice.row(i).set(features.row(i - (i % 2)));
      await rows(twice);
      for (const body of [
        'knnBuilder: { type: exact, k: 3 }\nproposalGenerator: knn-edges\ndeoverlapper: { type: dbscan, maxDistance: 0 }\n',
        'proposalGenerator: { type: radius-edges, maxDistance: 0 }\ndeoverlapper: { type: connected-components, threshold: 0.9 }\n',
        'proposalGenerator: { type: hac, maxDistance: 0 }\ndeoverlapper: partition\n',
        'proposalGenerator: { type: hac, linkage: single, maxDistance: 0 }\ndeoverlapper: partition\n',
      ]) {
        const { labels } = await odd(body);
        expect(labels, body).to.deep.equal(labels.map((_, i) => String(i >> 1)));
      }
    });

    it('warn where 1 - product is no distance, but not with ward', async () => {
      await rows(
        Features.from(
          features.blocks[0].map((value, at) => value * (1 + (at % 7))),
          features.dim,
        ),
      );
      const hac = (linkage: string): string => `proposalGenerator: { type: hac, linkage: ${linkage}, maxDistance: 0.5 }\ndeoverlapper: partition\n`; // prettier-ignore
      expect((await odd(hac('average'), 'data.normalise=false')).warnings[0]).to.include('rows are not of unit length');
      expect((await odd(hac('average'))).warnings).to.deep.equal([]);
      expect((await odd(hac('ward'), 'data.normalise=false')).warnings).to.deep.equal([]);
    });

    it('refuse k-means of rows whose products overflow', async () => {
      await rows(Features.from(features.blocks[0].map((value) => value * 1e30), features.dim)); // prettier-ignore
      for (const type of ['kmeans', 'mini-batch-kmeans']) {
        const body = `proposalGenerator: { type: ${type}, clusters: 4 }\ndeoverlapper: partition\n`;
        const refusal = await odd(body, 'data.normalise=false').catch((error: unknown) => error as Error);
        expect((refusal as Error).message).to.match(/long: products of such rows overflow; set data\.normalise: true/);
      }
    });

    it('refuse hdbscan of fewer instances than a cluster needs', async () => {
      const body = (given: string): string => write(`proposalGenerator: { type: hdbscan, ${given} }\ndeoverlapper: partition\n`); // prettier-ignore
      const refusal = await planFile(body('minSize: 91, minPoints: 92')).catch((error: unknown) => error as Error);
      expect((refusal as Error).message).to.match(/minSize: 91 instances of 90; .*minPoints: 92 instances of 90; /s);
      expect((await planFile(body('minSize: 90'))).pipelines).to.have.length(1);
    });
  });

  it('refuse stages whose kinds do not meet', async () => {
    const refusal = await run(
      'proposalGenerator: { type: kmeans, clusters: 3 }\ndeoverlapper: chinese-whispers\n',
    ).catch((error: unknown) => error as Error);
    expect((refusal as Error).message).to.match(/clusters.*edges|edges.*clusters/);
  });

  it('refuse a graph of neighbours where there is none, before they run', async () => {
    for (const type of ['hac', 'hdbscan']) {
      const file = write(`proposalGenerator: { type: ${type}, source: knn }\ndeoverlapper: partition\n`);
      const refusal = await planFile(file).catch((error: unknown) => error as Error);
      expect((refusal as Error).message).to.include(`${type} needs a kNN graph with these options`);
      const graph = write(`knnBuilder: { type: exact, k: 3 }\nproposalGenerator: { type: ${type}, source: knn }\ndeoverlapper: partition\n`); // prettier-ignore
      expect((await planFile(graph)).pipelines).to.have.length(1);
    }
  });

  for (const name of Object.keys(presets)) {
    it(`${name} is a sound pipeline`, async () => {
      // More instances than the preset needs neighbours or clusters can't be had here: the counts are overridden.
      const { knnBuilder, proposalGenerator } = presets[name].pipeline as Record<string, object | undefined>;
      const fewer =
        knnBuilder !== undefined
          ? 'knnBuilder: { k: 3 }'
          : proposalGenerator !== undefined && 'clusters' in proposalGenerator
            ? 'proposalGenerator: { clusters: 12 }'
            : '';
      const plan = await planFile(write(`preset: baselines/${name}\n${fewer}\n`));
      expect(plan.pipelines).to.have.length(1);
      expect(presets[name].summary).to.match(/\.$/);
    });
  }
});

function knn(): string {
  return 'knnBuilder: { type: exact, k: 10 }, proposalGenerator: knn-edges';
}
