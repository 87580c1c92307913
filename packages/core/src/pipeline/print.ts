import { dirname, isAbsolute, relative } from 'node:path';
import { stringify } from 'yaml';
import { withFiles } from '../stages/options.js';
import type { FilePlan, PipelinePlan, RoundPlan, StagePlan, TunePlan } from './plan.js';

/**
 * A checked file as YAML with presets expanded and every default filled in, paths relative to `directory`: the record
 * of a run, and itself a pipeline file. With `only`, the one pipeline stands at the top.
 */
export function printPlan(plan: FilePlan, directory = dirname(plan.file), only?: PipelinePlan): string {
  const path = (file: string): string => {
    const near = relative(directory, file);
    return near === '' || isAbsolute(near) ? file : near;
  };
  const specifier = (name: string): string => {
    if (!name.startsWith('.')) return name;
    const near = relative(directory, new URL(name, `file://${dirname(plan.file)}/`).pathname) || '.';
    return near.startsWith('.') ? near : `./${near}`;
  };
  const { features, dim, labels, ids, images, normalise, onInvalid, storage, half, seed } = plan.data;
  const head = {
    plugins: plan.plugins.map(specifier),
    data: {
      features: path(features),
      dim,
      labels: labels === undefined ? undefined : path(labels),
      ids: ids === undefined ? undefined : path(ids),
      images: images === undefined ? undefined : path(images),
      normalise,
      onInvalid,
      storage,
      half,
      seed: half === 'all' ? undefined : seed,
    },
    compute: plan.compute,
    evaluators: plan.evaluators.map((stage) => printStage(stage, path)),
  };
  const chosen = only ?? (plan.single ? plan.pipelines[0] : undefined);
  const body =
    chosen === undefined
      ? {
          pipelines: Object.fromEntries(
            plan.pipelines.map((pipeline) => [pipeline.name, printPipeline(pipeline, path)]),
          ),
        }
      : printPipeline(chosen, path);
  const tune = only === undefined && plan.tune !== undefined ? printTuning(plan.tune) : {};
  return stringify({ ...head, ...body, ...tune }, { aliasDuplicateObjects: false, lineWidth: 120 });
}

function printTuning({ metric, seed, splits, grid }: TunePlan): object {
  return { tune: { metric, seed, splits, grid } };
}

function printPipeline({ rounds }: PipelinePlan, path: (file: string) => string): object {
  const printed = rounds.map((round) => printRound(round, path));
  return printed.length === 1 ? printed[0] : { rounds: printed };
}

function printRound(
  { knnBuilder, proposalGenerator, scorers, deoverlapper }: RoundPlan,
  path: (file: string) => string,
): object {
  const print = (stage: StagePlan | undefined): object | undefined =>
    stage === undefined ? undefined : printStage(stage, path);
  return {
    knnBuilder: print(knnBuilder),
    proposalGenerator: print(proposalGenerator),
    scorer: scorers.length === 0 ? undefined : scorers.length === 1 ? print(scorers[0]) : scorers.map(print),
    deoverlapper: print(deoverlapper),
  };
}

function printStage({ definition, fullName, options }: StagePlan, path: (file: string) => string): object {
  // Core's names are unique unless a plugin takes one of them: the full name always means the same stage.
  return { type: fullName, ...withFiles(definition, options, path) };
}
