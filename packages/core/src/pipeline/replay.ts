import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { problem } from '../errors.js';
import { readLabels } from '../formats/features-file.js';
import { readMeta } from '../formats/meta.js';
import { shortName } from './document.js';
import { evaluateLabels } from './evaluate-labels.js';
import { readInputs, type Inputs } from './inputs.js';
import { pipelineKeys } from './keys.js';
import type { FinishedPipeline } from './finished-pipeline.js';
import { fileLabels } from './output.js';
import type { FilePlan } from './plan.js';
import { runPipeline, type RoundState } from './run.js';
import { openSession, type RunOptions, type Session } from './session.js';
import { summarise } from './summary.js';
import { planFile } from './validate.js';
import { wire } from './wire.js';

export type ReplayOptions = Pick<RunOptions, 'log' | 'observer' | 'signal'>;

const again = 'run the pipeline again';

/**
 * Has the results of a run back as they were: stages come from its cache, and what is no longer there is computed again. Sessions are
 * shared by the pipelines of one run. Throws L2cErrors E_FILE where a file of the folder is absent or of another version, E_DATA where the
 * features are no longer those of the run, the result has grown since, or the labels are not those that its pipeline gives.
 */
export class Replay {
  private shared: { readonly data: string; readonly session: Session } | undefined;

  constructor(private readonly options: ReplayOptions) {}

  async outcome(folder: string): Promise<FinishedPipeline> {
    const record = await readRecord(folder);
    const plan = await planFile(join(folder, 'pipeline.yaml'));
    refuseGrown(folder, plan, record);
    const session = await this.session(plan, dirname(folder));
    const { inputs, store, facts, servicesFor } = session;
    expectFeatures(plan, inputs, record);
    const pipeline = { ...plan.pipelines[0], name: basename(folder) };
    let state: RoundState | undefined;
    const observer = {
      ...this.options.observer,
      roundEnded: async (name: string, round: number, ended: RoundState) => {
        state = ended;
        await this.options.observer.roundEnded?.(name, round, ended);
      },
    };
    const keys = await pipelineKeys(pipeline, inputs);
    const result = await runPipeline(wire(pipeline, servicesFor), keys, inputs, store, facts, observer);
    await expectLabels(join(folder, 'labels.meta'), fileLabels(result, inputs));
    const { truth } = inputs;
    const metrics =
      truth === undefined ? undefined : await evaluateLabels(truth, result.labels.values, plan.evaluators, servicesFor);
    return { session, pipeline, result, summary: summarise(result, metrics, folder), state: state! };
  }

  private async session(plan: FilePlan, output: string): Promise<Session> {
    const data = JSON.stringify([plan.data, plan.compute, output]);
    if (this.shared?.data !== data) {
      const session = await openSession(plan, { ...this.options, output, cache: true, keep: false, only: [] });
      this.shared = { data, session };
    }
    return { ...this.shared.session, plan };
  }
}

/** The results of a pipeline as they lie in its folder: nothing of it runs. Throws as {@link Replay} does. */
export async function readResult(
  folder: string,
): Promise<{ readonly plan: FilePlan; readonly inputs: Inputs; readonly labels: Int32Array }> {
  const record = await readRecord(folder);
  const plan = await planFile(join(folder, 'pipeline.yaml'));
  const inputs = await readInputs(plan.data, plan.facts.n);
  expectFeatures(plan, inputs, record);
  const labels = await readLabels(join(folder, 'labels.meta'), inputs.rows);
  return { plan, inputs, labels };
}

interface RunRecord {
  readonly featuresKey: string;
  /** Whether `l2c assign` or `l2c cluster --update` wrote the result: no run gives its labels. */
  readonly grown: boolean;
}

function refuseGrown(folder: string, { data }: FilePlan, { grown }: RunRecord): void {
  if (!grown) return;
  const flags = (['ids', 'images'] as const).flatMap((name) => {
    const file = data[name];
    return file === undefined ? [] : [`--${name}`, shortName(file)];
  });
  const anew = ['l2c cluster', shortName(data.features), ...flags].join(' ');
  const fact =
    'faces were assigned to this result since it ran, or it was updated: l2c report and l2c explain know only results of one run';
  throw problem('E_DATA', folder, fact, `l2c export writes its clusters; ${anew} makes a new result of all its faces`);
}

function expectFeatures({ data }: FilePlan, inputs: Inputs, { featuresKey }: RunRecord): void {
  if (inputs.featuresKey !== featuresKey)
    throw problem('E_DATA', data.features, 'is no longer what this run clustered', again);
}

/** What must be known of a run before its results can be trusted. */
async function readRecord(folder: string): Promise<RunRecord> {
  const path = join(folder, 'metrics.json');
  let record: unknown;
  try {
    record = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw problem('E_FILE', path, `can't be read: ${(cause as Error).message}`, again, cause);
  }
  const { data, assigned } = (record ?? {}) as { data?: { featuresKey?: unknown }; assigned?: unknown };
  if (typeof data?.featuresKey === 'string') return { featuresKey: data.featuresKey, grown: assigned !== undefined };
  throw problem('E_FILE', path, 'was written by another version of l2c', again);
}

async function expectLabels(path: string, labels: Int32Array): Promise<void> {
  const written = await readMeta(path);
  if (written.length === labels.length && written.every((label, row) => label === labels[row])) return;
  const fact =
    'holds other labels than the pipeline of its folder gives: it was changed, or written by another version';
  throw problem('E_DATA', path, fact, again);
}
