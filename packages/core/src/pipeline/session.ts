import { join } from 'node:path';
import { createCompute } from '../compute/create-compute.js';
import { L2cError, type Problem } from '../errors.js';
import { likelierDim } from '../formats/likelier-dim.js';
import { textsBeside } from '../formats/matrix-source.js';
import { createRandom } from '../stages/random.js';
import type { Log, Progress } from '../stages/services.js';
import type { ServicesFactory } from '../stages/tokens.js';
import { ArtifactStore } from './artifacts.js';
import { shortName } from './document.js';
import { readInputs, type Inputs } from './inputs.js';
import type { FinishedPipeline } from './finished-pipeline.js';
import type { FilePlan, PipelinePlan } from './plan.js';
import { FactBook, type RunObserver } from './run.js';

/** What a caller of a run decides. */
export interface RunOptions {
  /** Where results go, absolute. */
  readonly output: string;
  /** False: nothing is read from the cache or written to it. */
  readonly cache: boolean;
  /** Also write each stage's result as .npz. */
  readonly keep: boolean;
  /** Names of the pipelines to run; all where empty. */
  readonly only: readonly string[];
  readonly log: Log;
  readonly observer: RunObserver & { progress: Progress };
  readonly signal: AbortSignal;
  /** The data, where the caller has read them already; they are held once. */
  readonly inputs?: Inputs | undefined;
  /** Called with each pipeline that has run and was written, before the next one starts. */
  readonly onFinished?: ((outcome: FinishedPipeline) => Promise<void>) | undefined;
}

/** A file in the midst of being run: everything its pipelines share. */
export interface Session {
  readonly plan: FilePlan;
  readonly inputs: Inputs;
  readonly store: ArtifactStore;
  readonly facts: FactBook;
  readonly servicesFor: ServicesFactory;
}

/** Loads the data and the engine, and opens the cache. */
export async function openSession(plan: FilePlan, options: RunOptions): Promise<Session> {
  const { log, signal, observer, output, cache } = options;
  const inputs = options.inputs ?? (await readInputs(plan.data, plan.facts.n));
  const { features, dim } = plan.data;
  const likelier = await likelierDim(features, dim);
  if (likelier !== undefined) {
    const fact = `rows of ${likelier} numbers all have length 1, and rows of ${dim} don't`;
    log.warn(`${shortName(features)}: ${fact}: is its dim ${likelier}?`);
  }
  if (inputs.invalid > 0)
    log.warn(`${inputs.invalid} of ${inputs.rows} rows are invalid and were dropped; their label is -1`);
  const texts = plan.data.ids === undefined ? await textsBeside(plan.data.features) : [];
  if (texts.length > 0)
    log.warn(
      `${plan.data.features}: ${texts.join(', ')}: not numbers, and not read; if these name the faces, give them as a text, a line each: data.ids, or --ids of l2c cluster`,
    );
  if (plan.data.half !== 'all')
    log.info(`the ${plan.data.half} half of the identities: ${inputs.features.n} of ${inputs.rows} rows`);
  const store = new ArtifactStore(join(output, '.cache'), log, cache);
  store.removeLeftovers();
  const compute = await createCompute(plan.compute, log);
  const facts = new FactBook();
  const servicesFor: ServicesFactory = (label) => ({
    log: logOf(label, log),
    signal,
    compute,
    progress: observer.progress,
    random: createRandom,
    checkpoints: store.checkpoints(label),
    record: (name, fact) => facts.record(label, name, fact),
  });
  return { plan, inputs, store, facts, servicesFor };
}

/** A log whose lines say which stage speaks; the label is its place in the file. */
export function logOf(label: string, log: Log): Log {
  if (label === '') return log;
  const named = (message: string): string => `${label}: ${message}`;
  return {
    debug: (message) => log.debug(named(message)),
    info: (message) => log.info(named(message)),
    warn: (message) => log.warn(named(message)),
  };
}

/** Pipelines by name. Throws an L2cError E_USAGE for one that is not in the file. */
export function choosePipelines(plan: FilePlan, only: readonly string[]): readonly PipelinePlan[] {
  const unknown = only.filter((name) => !plan.pipelines.some((pipeline) => pipeline.name === name));
  if (unknown.length > 0) {
    const known = plan.pipelines.map(({ name }) => name).join(', ');
    throw new L2cError(
      unknown.map((name): Problem => ({
        code: 'E_USAGE',
        place: `--pipeline ${name}`,
        fact: 'is not in the file',
        wayOut: `known: ${known}`,
      })),
    );
  }
  return only.length === 0 ? plan.pipelines : plan.pipelines.filter(({ name }) => only.includes(name));
}
