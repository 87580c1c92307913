import { access, constants, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Compute } from '../compute/compute.js';
import { problem } from '../errors.js';
import { removeFiles, writeAtomic } from '../formats/atomic.js';
import { writeMeta } from '../formats/meta.js';
import { writeNpz } from '../formats/npz.js';
import { version } from '../version.js';
import { makeDirectory } from './artifacts.js';
import { knnCodec, proposalsCodec, scoresCodec } from './codec.js';
import type { Inputs } from './inputs.js';
import type { FilePlan, PipelinePlan } from './plan.js';
import { printPlan } from './print.js';
import type { PipelineResult, RoundState } from './run.js';
import type { PipelineSummary } from './summary.js';

/** What lies in the folder of a run beside the folders of pipelines, in small letters: not all file systems tell case. */
export const ownNames: ReadonlySet<string> = new Set([
  'tune',
  'comparison.md',
  'comparison.csv',
  'comparison.json',
  'report.html',
]);

/** What a run writes to the folder of a pipeline. */
const ofRun = /^(labels\.meta|metrics\.json|pipeline\.yaml|(round-\d+-)?(knn|proposals|scores)\.npz)$/;
/** What `l2c export` makes of that there, but for the folder of images. */
export const ofExport = /^clusters\.(csv|json|parquet)$/;

/** The folder of a run: `<output>/`, with a folder per pipeline. Every file in it is written whole or not at all. */
export class OutputFolder {
  private constructor(readonly path: string) {}

  /**
   * Throws an L2cError E_OUTPUT where nothing can be written there, before anything has run. Leaves no folder that was not there: a run that
   * is stopped before it has a result leaves nothing.
   */
  static async open(path: string): Promise<OutputFolder> {
    const made = await makeDirectory(path);
    try {
      await access(path, constants.W_OK);
    } catch (cause) {
      throw problem('E_OUTPUT', path, 'nothing can be written there', 'choose another with --output', cause);
    } finally {
      for (const folder of [...made].reverse()) await rmdir(folder).catch(() => undefined); // another run may write there
    }
    return new OutputFolder(path);
  }

  pathOf(name: string): string {
    return join(this.path, name);
  }

  /** Removes what an earlier run left of a pipeline that fails now: with other options or data, it is no result of this one. */
  async forget(name: string): Promise<void> {
    await removeFrom(this.pathOf(name), (file) => ofRun.test(file) || ofExport.test(file));
  }

  pipeline(name: string): PipelineFolder {
    return new PipelineFolder(this.pathOf(name));
  }
}

async function removeFrom(folder: string, isOld: (file: string) => boolean): Promise<void> {
  const files = await readdir(folder).catch(() => []);
  await removeFiles(files.filter(isOld).map((file) => join(folder, file)));
}

interface Written {
  readonly plan: FilePlan;
  readonly pipeline: PipelinePlan;
  readonly inputs: Inputs;
  readonly result: PipelineResult;
  readonly summary: PipelineSummary;
  readonly compute: Pick<Compute, 'engine' | 'device' | 'threads'>;
}

/** Made when something is written to it. */
class PipelineFolder {
  constructor(readonly path: string) {}

  /** `labels.meta`, `metrics.json`, `pipeline.yaml`. Exports of earlier labels go: they would tell of other clusters. */
  async write({ plan, pipeline, inputs, result, summary, compute }: Written): Promise<void> {
    await makeDirectory(this.path);
    await removeFrom(this.path, (file) => ofExport.test(file));
    await writeMeta(join(this.path, 'labels.meta'), fileLabels(result, inputs));
    await writeAtomic(join(this.path, 'pipeline.yaml'), printPlan(plan, this.path, pipeline));
    const { metrics, instances, clusters, singletons, seconds, peakBytes, stages } = summary;
    const record = {
      pipeline: pipeline.name,
      metrics: metrics ?? null,
      counts: { rows: inputs.rows, instances, clusters, singletons },
      seconds,
      peakBytes,
      stages,
      data: {
        features: plan.data.features,
        featuresKey: inputs.featuresKey,
        labels: plan.data.labels ?? null,
        dim: inputs.features.dim,
      },
      compute: { engine: compute.engine, device: compute.device, threads: compute.threads },
      versions: versions(plan),
      seeds: seeds(pipeline),
      finished: new Date().toISOString(),
    };
    await writeAtomic(join(this.path, 'metrics.json'), `${JSON.stringify(record, jsonNumbers, 2)}\n`);
  }

  /** `knn.npz`, `proposals.npz` and `scores.npz`, whole also where memory held a view. */
  async keepRound({ knn, proposals, scores }: RoundState, round: number, rounds: number): Promise<void> {
    await makeDirectory(this.path);
    const name = (noun: string): string => join(this.path, rounds === 1 ? `${noun}.npz` : `round-${round}-${noun}.npz`);
    if (knn !== undefined) await writeNpz(name('knn'), knnCodec.encode(knn));
    await writeNpz(name('proposals'), proposalsCodec(undefined).encode(proposals));
    await writeNpz(name('scores'), scoresCodec(undefined).encode(scores));
  }
}

/** One label per row of the file: -1 for rows that were dropped. */
export function fileLabels({ labels }: PipelineResult, { kept, rows }: Inputs): Int32Array {
  if (kept === undefined) return labels.values;
  const all = new Int32Array(rows).fill(-1);
  kept.forEach((row, i) => {
    all[row] = labels.values[i]!;
  });
  return all;
}

function versions(plan: FilePlan): Record<string, string> {
  const plugins = plan.registry.plugins.map(({ name, version: own }) => [name, own] as const);
  return { l2c: version, node: process.versions.node, ...Object.fromEntries(plugins) };
}

function seeds(pipeline: PipelinePlan): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const { scorers, ...round } of pipeline.rounds) {
    for (const stage of [round.knnBuilder, round.proposalGenerator, ...scorers, round.deoverlapper]) {
      if (stage !== undefined && 'seed' in stage.options) found[stage.path.join('.')] = stage.options['seed'];
    }
  }
  return found;
}

/** JSON has no NaN or Infinity: they are written as strings, so that they are not mistaken for absent. */
export function jsonNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
