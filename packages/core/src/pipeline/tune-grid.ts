import type { OptionProblem } from '../stages/define-stage.js';
import { didYouMean } from '../stages/did-you-mean.js';
import { fillOptions } from '../stages/options.js';
import type { Path } from './document.js';
import type { PipelinePlan, RoundPlan, StagePlan, TunedOption } from './plan.js';

/** One point of a pipeline's grid: what was set, as the file writes it, and the pipeline that results. */
export interface Variant {
  readonly choices: Readonly<Record<string, unknown>>;
  readonly pipeline: PipelinePlan;
}

/** What is wrong with a grid; the path is inside `tune.grid`. */
export interface GridProblem {
  readonly path: Path;
  readonly fact: string;
  readonly wayOut?: string | undefined;
  /** The name of the last segment is what is wrong. */
  readonly key?: boolean;
}

/** Makes a pipeline's files absolute in the options of a stage, and reports those that aren't there. */
export type ResolveOptions = (stage: StagePlan, options: Record<string, unknown>, place: Path) => void;

/** Points of one pipeline's grid beyond which somebody has mistaken a grid for a search. */
const mostVariants = 10_000;

/**
 * The options that a grid means, by pipeline. A path is that of `--set`: `pipelines.NAME.deoverlapper.threshold`, or
 * `deoverlapper.threshold` for every pipeline that has the option; the longer one wins where both meet.
 */
export function resolveGrid(
  grid: Readonly<Record<string, readonly unknown[]>>,
  pipelines: readonly PipelinePlan[],
  resolve: ResolveOptions,
): { options: Map<string, TunedOption[]>; problems: GridProblem[] } {
  const problems: GridProblem[] = [];
  const options = new Map<string, TunedOption[]>(pipelines.map(({ name }) => [name, []]));
  // Paths for all pipelines first, so that those for one can take their place.
  const entries = Object.entries(grid).sort(([a], [b]) => Number(isNamed(a)) - Number(isNamed(b)));
  for (const [entry, given] of entries) {
    const meant = pipelines.flatMap((pipeline) => targetsOf(entry, pipeline));
    if (meant.length === 0) problems.push(nothingMeant(entry, pipelines));
    for (const { pipeline, stage, option } of meant) {
      const values = given.map((value, i) => {
        const { candidate, faults } = withOption(stage, option, value);
        for (const fault of faults) problems.push({ path: [entry, i], ...fault });
        if (faults.length === 0) resolve(stage, candidate, [entry, i]);
        return at(candidate, option);
      });
      const list = options.get(pipeline.name)!;
      const same = list.findIndex((other) => other.stage === stage && other.option.join('.') === option.join('.'));
      list.splice(same < 0 ? list.length : same, same < 0 ? 0 : 1, { entry, stage, option, given, values });
    }
  }
  for (const [name, list] of options) {
    const points = list.reduce((product, { given }) => product * given.length, 1);
    if (points > mostVariants) {
      const fact = `pipeline ${name} would run with ${points} settings`;
      problems.push({ path: [], fact, wayOut: `at most ${mostVariants}: leave out values` });
    }
  }
  return { options, problems: unique(problems) };
}

/** Every combination of the values, the last option changing fastest; the pipeline itself where there is none. */
export function variantsOf(pipeline: PipelinePlan, options: readonly TunedOption[]): Variant[] {
  let variants: Variant[] = [{ choices: {}, pipeline }];
  for (const { entry, stage, option, given, values } of options) {
    variants = variants.flatMap(({ choices, pipeline: base }) =>
      values.map((value, i) => ({
        choices: { ...choices, [entry]: given[i] },
        pipeline: withStage(base, stage.path, (options) => set(options, option, value)),
      })),
    );
  }
  return variants;
}

/**
 * Values that the schema allows and no combination of the grid can do with, whatever other options of their stage are; said once
 * where several pipelines would say the same. What some combinations can do with is left for the tuning to find out.
 */
export async function gridFaults(
  options: ReadonlyMap<string, readonly TunedOption[]>,
  faultsOf: (stage: StagePlan) => Promise<readonly OptionProblem[]>,
): Promise<GridProblem[]> {
  const problems: GridProblem[] = [];
  for (const stage of new Set([...options.values()].flat().map((tuned) => tuned.stage))) {
    const own = [...options.values()].flat().filter((tuned) => tuned.stage === stage);
    const tried: { faults: readonly OptionProblem[]; at: readonly number[] }[] = [];
    for (const { at, candidate } of combinations(stage, own)) tried.push({ at, faults: await faultsOf(candidate) });
    for (const [o, { entry, option, given }] of own.entries()) {
      for (let i = 0; i < given.length; i++) {
        const holding = tried.filter(({ at }) => at[o] === i);
        if (holding.some(({ faults }) => faults.length === 0)) continue;
        const blamed = holding[0].faults.find((fault) => fault.option === option.join('.'));
        if (blamed !== undefined) problems.push({ path: [entry, i], fact: blamed.fact, wayOut: blamed.wayOut });
      }
    }
  }
  return unique(problems);
}

/** A stage with every combination of the values of its options, and which values these are. */
function combinations(stage: StagePlan, options: readonly TunedOption[]): { at: number[]; candidate: StagePlan }[] {
  let made: { at: number[]; candidate: StagePlan }[] = [{ at: [], candidate: stage }];
  for (const { option, values } of options) {
    made = made.flatMap(({ at, candidate }) =>
      values.map((value, i) => ({
        at: [...at, i],
        candidate: { ...candidate, options: set(candidate.options, option, value) },
      })),
    );
  }
  return made;
}

interface Target {
  readonly pipeline: PipelinePlan;
  readonly stage: StagePlan;
  readonly option: readonly string[];
}

const isNamed = (entry: string): boolean => entry.startsWith('pipelines.');

/** Where an entry meets an option of this pipeline: nowhere, or once. */
function targetsOf(entry: string, pipeline: PipelinePlan): Target[] {
  for (const stage of stagesOf(pipeline)) {
    const written = stage.path.join('.');
    const places = isNamed(written) ? [written, written.slice(`pipelines.${pipeline.name}.`.length)] : [written];
    for (const place of places) {
      if (!entry.startsWith(`${place}.`)) continue;
      const option = entry.slice(place.length + 1).split('.');
      if (isOption(stage, option)) return [{ pipeline, stage, option }];
    }
  }
  return [];
}

function nothingMeant(entry: string, pipelines: readonly PipelinePlan[]): GridProblem {
  const known = pipelines.flatMap((pipeline) =>
    stagesOf(pipeline).flatMap(({ path, definition }) => {
      const written = path.join('.');
      const place = isNamed(entry) || !isNamed(written) ? written : written.slice(`pipelines.${pipeline.name}.`.length);
      return optionNames(definition.options).map((name) => `${place}.${name}`);
    }),
  );
  const fact = 'names no option of a stage in this file';
  const wayOut = didYouMean(entry, [...new Set(known)]) ?? 'write it as for --set: deoverlapper.maxIou';
  return { path: [entry], fact, wayOut, key: true };
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, ObjectSchema>>;
}

const optionNames = (schema: ObjectSchema): string[] => Object.keys(schema.properties ?? {});

function isOption(stage: StagePlan, option: readonly string[]): boolean {
  let schema: ObjectSchema | undefined = stage.definition.options;
  for (const name of option) schema = schema?.properties?.[name];
  return schema !== undefined;
}

function withOption(
  stage: StagePlan,
  option: readonly string[],
  value: unknown,
): { candidate: Record<string, unknown>; faults: { fact: string; wayOut?: string | undefined }[] } {
  const { options, problems } = fillOptions(stage.definition, set(stage.options, option, value));
  return { candidate: options, faults: problems.map(({ fact, wayOut }) => ({ fact, wayOut })) };
}

/** A copy of some options with one of them set. */
function set(
  options: Readonly<Record<string, unknown>>,
  option: readonly string[],
  value: unknown,
): Record<string, unknown> {
  const copy = structuredClone(options) as Record<string, unknown>;
  let holder = copy;
  for (const name of option.slice(0, -1)) holder = (holder[name] ??= {}) as Record<string, unknown>;
  holder[option.at(-1)!] = value;
  return copy;
}

const at = (options: Readonly<Record<string, unknown>>, option: readonly string[]): unknown =>
  option.reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], options);

/** All stages of a pipeline, in the order they run. */
export function stagesOf({ rounds }: PipelinePlan): StagePlan[] {
  return rounds.flatMap(({ knnBuilder, proposalGenerator, scorers, deoverlapper }) =>
    [knnBuilder, proposalGenerator, ...scorers, deoverlapper].filter((stage) => stage !== undefined),
  );
}

/** The pipeline with the options of the stage at `path` changed. */
function withStage(
  pipeline: PipelinePlan,
  path: Path,
  change: (options: StagePlan['options']) => StagePlan['options'],
): PipelinePlan {
  const place = path.join('.');
  const changed = <Stage extends StagePlan | undefined>(stage: Stage): Stage =>
    stage?.path.join('.') === place ? { ...stage, options: change(stage.options) } : stage;
  const rounds = pipeline.rounds.map(({ knnBuilder, proposalGenerator, scorers, deoverlapper }): RoundPlan => ({
    knnBuilder: changed(knnBuilder),
    proposalGenerator: changed(proposalGenerator),
    scorers: scorers.map(changed),
    deoverlapper: changed(deoverlapper),
  }));
  return { ...pipeline, rounds };
}

function unique(problems: readonly GridProblem[]): GridProblem[] {
  const seen = new Map(problems.map((problem) => [`${problem.path.join('/')} ${problem.fact}`, problem]));
  return [...seen.values()];
}
