import { dirname, join, parse, relative } from 'node:path';
import { problem } from '../errors.js';
import { writeAtomic } from '../formats/atomic.js';
import { writeWeights } from '../formats/weights.js';
import { installedPlugins } from '../plugins/installed.js';
import { isTrainable } from '../stages/interfaces.js';
import { withFiles } from '../stages/options.js';
import { version } from '../version.js';
import { makeDirectory } from './artifacts.js';
import { pipelineKeys, type RoundKeys } from './keys.js';
import { measure } from './measure.js';
import { jsonNumbers } from './output.js';
import type { FilePlan, PipelinePlan } from './plan.js';
import { runRound, step, type Leftover } from './run.js';
import { choosePipelines, openSession, type RunOptions, type Session } from './session.js';
import { completeOptions, outputFolder, type RunFilesOptions } from './run-files.js';
import { stageError } from './stage-error.js';
import { expectWritableWeights } from './train-checks.js';
import { planFile } from './validate.js';
import { wire, type WiredStage } from './wire.js';

export interface TrainedScorer {
  readonly pipeline: string;
  /** `vegcn/gcn-v`. */
  readonly stage: string;
  /** Absolute path of the weights. */
  readonly weights: string;
  readonly seconds: number;
}

/**
 * Trains the trainable scorers of a file in the order they would run, each on what the stages before it make of the
 * data, earlier trained ones included. `x.safetensors` and `x.training.json` (losses, options, versions) are written whole or not at all.
 */
export async function trainFile(file: string, given: Partial<RunFilesOptions> = {}): Promise<TrainedScorer[]> {
  const { settings, output, ...options } = completeOptions(given);
  const plan = await planFile(file, { settings, training: true });
  const chosen = choosePipelines(plan, options.only);
  const trainable = chosen.filter(({ rounds }) =>
    rounds.some(({ scorers }) => scorers.some(({ definition }) => definition.trainable)),
  );
  if (trainable.length === 0) {
    throw problem('E_CONFIG', file, 'has no trainable scorer', await trainableScorers(plan));
  }
  expectWritableWeights(trainable);
  const run = { ...options, output: outputFolder(plan.file, output) };
  const session = await openSession(plan, run);
  const trained: TrainedScorer[] = [];
  for (const pipeline of trainable) trained.push(...(await trainPipeline(pipeline, session, run, trained)));
  return trained;
}

/** Which scorers could be trained: of the plugins of the file, and of those that are installed. */
async function trainableScorers({ file, registry }: FilePlan): Promise<string> {
  const listed = registry.plugins.map((plugin) => ({ specifier: plugin.name, plugin }));
  const unlisted = (await installedPlugins(dirname(file))).filter(
    ({ plugin }) => !listed.some((other) => other.plugin.name === plugin.name),
  );
  const lines = [...listed, ...unlisted].flatMap(({ specifier, plugin }) => {
    const types = plugin.stages.filter(({ trainable }) => trainable).map(({ type }) => type);
    return types.length === 0 ? [] : [`${types.join(', ')} of ${specifier}`];
  });
  return lines.length === 0 ? 'no plugin that is installed has one' : `trainable are ${lines.join('; ')}`;
}

async function trainPipeline(
  plan: PipelinePlan,
  session: Session,
  options: RunOptions,
  before: readonly TrainedScorer[],
): Promise<TrainedScorer[]> {
  const { inputs, store, facts, servicesFor } = session;
  const wired = wire(plan, servicesFor);
  const trained: TrainedScorer[] = [];
  let left: Leftover = { features: inputs.features, knn: undefined, vertices: undefined };
  // Weights are part of the keys by content, so keys are worked out anew after each training.
  const keys: RoundKeys[] = await pipelineKeys(plan, inputs);
  for (const [index, round] of wired.rounds.entries()) {
    const pending = (): boolean =>
      wired.rounds.slice(index).some(({ scorers }) => scorers.some((scorer) => isDue(scorer, [...before, ...trained])));
    if (!pending()) break;
    const run = step(plan.name, store, facts, options.observer);
    const state = await runRound(
      round,
      index + 1,
      () => keys[index],
      left,
      inputs,
      run,
      async (scorer, proposals, context, previousScores) => {
        if (!isDue(scorer, [...before, ...trained])) return;
        options.observer.stageStarted(plan.name, scorer.plan);
        const { truth } = inputs;
        if (!isTrainable(scorer.stage) || truth === undefined)
          throw new RangeError(`${scorer.plan.fullName} can't be trained`);
        const { stage } = scorer;
        const examples = [{ proposals, context: { ...context, truth }, previousScores }];
        const { value, cost } = await measure(() => stage.train(examples)).catch((cause: unknown) => {
          throw stageError(plan.name, scorer.plan, cause);
        });
        const weights = weightsOf(scorer);
        await makeDirectory(dirname(weights));
        await writeWeights(weights, value.weights, { stage: scorer.plan.fullName, version });
        const record = {
          stage: scorer.plan.fullName,
          options: withFiles(scorer.plan.definition, scorer.plan.options, (file) => relative(dirname(weights), file)),
          seconds: cost.seconds,
          peakBytes: cost.peakBytes,
          versions: { l2c: version, node: process.versions.node },
          data: { featuresKey: inputs.featuresKey, instances: inputs.features.n, dim: inputs.features.dim },
          ...value.record,
        };
        await writeAtomic(
          join(dirname(weights), `${parse(weights).name}.training.json`),
          `${JSON.stringify(record, jsonNumbers, 2)}\n`,
        );
        trained.push({ pipeline: plan.name, stage: scorer.plan.fullName, weights, seconds: cost.seconds });
        keys.splice(0, keys.length, ...(await pipelineKeys(plan, inputs)));
      },
    );
    left = { features: state.scores.embedding ?? state.features, knn: state.knn, vertices: state.scores.vertices };
  }
  return trained;
}

/** See {@link expectWritableWeights}: there is one. */
const weightsOf = ({ plan }: WiredStage<'scorer'>): string => plan.options['weights'] as string;

/** A scorer that shares its weights with one trained before is done. */
function isDue(scorer: WiredStage<'scorer'>, trained: readonly TrainedScorer[]): boolean {
  return scorer.plan.definition.trainable && !trained.some(({ weights }) => weights === weightsOf(scorer));
}
