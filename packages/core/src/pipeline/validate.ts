import { dirname, resolve } from 'node:path';
import { builtinPlugin } from '../builtin/index.js';
import { L2cError, type Problem } from '../errors.js';
import { installedPlugins, pluginWith, type Wanted } from '../plugins/installed.js';
import { loadPlugin } from '../plugins/load.js';
import { Registry } from '../plugins/registry.js';
import type { DataFacts, OptionProblem } from '../stages/define-stage.js';
import type { StageKind } from '../stages/interfaces.js';
import { didYouMean } from '../stages/did-you-mean.js';
import { checkAgainst, fileOptions, fileValues, fillOptions, withFiles } from '../stages/options.js';
import { readPipelineDocument, type Path, type PipelineDocument } from './document.js';
import { metricNames } from './evaluate-labels.js';
import { applySettings, isMapping } from './expand.js';
import { expandPresets } from './expand-presets.js';
import { kindProblems } from './kinds.js';
import { ownNames } from './output.js';
import type { ComputePlan, FilePlan, PipelinePlan, RoundPlan, StagePlan, TunePlan } from './plan.js';
import { fileSchema, roundKinds } from './schema.js';
import { fileFault, inspectData, planData, type DataFault } from './plan-data.js';
import { stageFaults } from './stage-faults.js';
import { gridFaults, resolveGrid } from './tune-grid.js';

export interface PlanOptions {
  /** `--set PATH=VALUE`, in order. */
  readonly settings?: readonly string[];
  /** In training, files that trainable scorers will write need not be there yet. */
  readonly training?: boolean;
}

/** Reads and checks a pipeline file. Throws one L2cError that holds every problem, each with its place. */
export async function planFile(file: string, options: PlanOptions = {}): Promise<FilePlan> {
  return planDocument(readPipelineDocument(resolve(file), options.settings), options.training ?? false);
}

/** Checks a document that has been read. See {@link planFile}. */
export async function planDocument(document: PipelineDocument, training = false): Promise<FilePlan> {
  return new Planner(document, training).plan();
}

const weightsWayOut =
  "train them with `l2c train FILE`, convert the paper's with `l2c convert`, or mend the path, which is relative to the pipeline file";

/** Collects problems on the way through one document; nothing is thrown before the end. */
class Planner {
  private readonly problems: Problem[] = [];
  /** Every stage whose type and options are sound, also of pipelines that are not. */
  private readonly sound: StagePlan[] = [];
  /** See {@link StagePlan.onEmbedding}: of the round at hand. */
  private onEmbedding = false;
  /** What no plugin of the file has, by the place of its problem in the list. */
  private readonly wanted = new Map<number, Wanted>();
  private readonly directory: string;
  private readonly registry = new Registry([builtinPlugin]);

  constructor(
    private readonly document: PipelineDocument,
    private readonly training: boolean,
  ) {
    this.directory = dirname(document.file);
  }

  async plan(): Promise<FilePlan> {
    const raw = isMapping(this.document.value) ? this.document.value : {};
    if (!isMapping(this.document.value)) this.report([], 'a pipeline file is a mapping', 'start with "data:"');
    // Plugins must be known before presets can be expanded, and settings reach into what presets hold.
    const { settings } = this.document;
    const early = settings.filter(({ path }) => path[0] === 'plugins' || path.at(-1) === 'preset');
    this.reportAll(applySettings(raw, early));
    await this.loadPlugins(raw['plugins']);
    expandPresets(raw, this.registry, (path, preset, fact, wayOut) => {
      this.wanted.set(this.problems.length, { preset });
      this.report(path, fact, wayOut);
    });
    this.reportAll(
      applySettings(
        raw,
        settings.filter((setting) => !early.includes(setting)),
      ),
    );
    for (const problem of checkAgainst(fileSchema, raw))
      this.report(problem.path, problem.fact, problem.wayOut, problem.key);

    const data = planData(raw['data'], this.directory, this.reportFault);
    const facts = data === undefined ? undefined : await inspectData(data, this.reportFault);
    const evaluators = this.list(raw['evaluators'], ['evaluators'], 'evaluator');
    const metrics = await this.metricsOf(evaluators);
    const single = raw['pipelines'] === undefined;
    const pipelines = this.planPipelines(raw, single);
    for (const pipeline of pipelines) {
      for (const found of kindProblems(pipeline, data?.labels !== undefined, this.training))
        this.report(found.path, found.fact, found.wayOut);
    }
    if (facts !== undefined) await this.checkStages(this.sound, facts);
    const tune = await this.planTuning(raw['tune'], pipelines, metrics, facts);
    await this.nameUnlistedPlugins();
    if (this.problems.length > 0 || data === undefined || facts === undefined) throw new L2cError(this.problems);
    return {
      file: this.document.file,
      plugins: raw['plugins'] as string[],
      data,
      facts,
      compute: raw['compute'] as ComputePlan,
      evaluators,
      pipelines,
      tune,
      single,
      registry: this.registry,
    };
  }

  private report(path: Path, fact: string, wayOut?: string, key?: boolean, code: Problem['code'] = 'E_CONFIG'): void {
    this.problems.push({ code, place: this.document.placeOf(path, key), fact, wayOut });
  }

  private readonly reportFault = ({ path, fact, wayOut, code }: DataFault): void =>
    this.report(path, fact, wayOut, false, code);

  private reportAll(problems: readonly { path: Path; fact: string }[]): void {
    for (const { path, fact } of problems) this.report(path, fact);
  }

  /** Where a plugin that is installed has what the file's plugins don't, the way out is to list it. */
  private async nameUnlistedPlugins(): Promise<void> {
    if (this.wanted.size === 0) return;
    const installed = await installedPlugins(this.directory);
    for (const [at, wanted] of this.wanted) {
      const found = pluginWith(installed, wanted);
      if (found === undefined || this.registry.plugins.some(({ name }) => name === found.plugin.name)) continue;
      this.problems[at] = { ...this.problems[at], wayOut: `list '${found.specifier}' under "plugins"` };
    }
  }

  private async loadPlugins(list: unknown): Promise<void> {
    if (!Array.isArray(list)) return;
    for (const [i, specifier] of list.entries()) {
      if (typeof specifier !== 'string') continue;
      try {
        this.registry.add(await loadPlugin(specifier, this.directory));
      } catch (error) {
        if (!(error instanceof L2cError)) throw error;
        for (const { code, fact, wayOut, place } of error.problems)
          this.report(['plugins', i], `${place}: ${fact}`, wayOut, false, code);
      }
    }
  }

  /** The path, if a file is there; else a problem. */
  private existing(path: string, place: Path, wayOut?: string): string | undefined {
    const fact = fileFault(path);
    if (fact === undefined) return path;
    this.report(place, fact, wayOut ?? 'paths are relative to the pipeline file', false, 'E_FILE');
    return undefined;
  }

  private planPipelines(raw: Record<string, unknown>, single: boolean): PipelinePlan[] {
    if (single) {
      const plan = this.planPipeline('pipeline', raw, []);
      return plan === undefined ? [] : [plan];
    }
    for (const key of [...roundKinds, 'rounds', 'preset']) {
      if (raw[key] !== undefined)
        this.report([key], 'stands beside "pipelines"', 'move it into one of the pipelines', true);
    }
    if (!isMapping(raw['pipelines'])) return [];
    return Object.entries(raw['pipelines']).flatMap(([name, pipeline]) => {
      const path = ['pipelines', name];
      if (!/^[\p{L}\p{N}][\p{L}\p{N}+._-]*$/u.test(name)) {
        this.report(path, 'a name is also a folder: letters, digits, "+", "-", "_" and "." only', 'rename it', true);
      }
      if (ownNames.has(name.toLowerCase()))
        this.report(path, 'a run writes a file or folder of that name beside those of pipelines', 'rename it', true);
      const plan = isMapping(pipeline) ? this.planPipeline(name, pipeline, path) : undefined;
      return plan === undefined ? [] : [plan];
    });
  }

  private planPipeline(name: string, pipeline: Record<string, unknown>, path: Path): PipelinePlan | undefined {
    const { rounds } = pipeline;
    // What an unknown preset holds is not known: nothing that is missing beside it is to blame.
    if (pipeline['preset'] !== undefined) return undefined;
    const beside = roundKinds.filter((kind) => pipeline[kind] !== undefined);
    if (rounds === undefined && beside.length === 0) {
      this.report(path, 'has no stages', `it needs at least "proposalGenerator" and "deoverlapper"`);
      return undefined;
    }
    if (rounds !== undefined && beside.length > 0) {
      this.report([...path, beside[0]], 'stands beside "rounds"', 'move it into one of the rounds', true);
    }
    const list = Array.isArray(rounds) ? rounds : [pipeline];
    this.onEmbedding = false;
    const plans = list.flatMap((round: unknown, i) => {
      if (!isMapping(round)) return [];
      const at = rounds === undefined ? path : [...path, 'rounds', i];
      const plan = this.planRound(round, at, i === list.length - 1);
      // Whether scorers that are wrong give an embedding is not known: later rounds are not to blame for that.
      this.onEmbedding ||= plan?.scorers.some(({ definition }) => definition.gives.includes('embedding')) ?? true;
      return plan === undefined ? [] : [plan];
    });
    this.onEmbedding = false;
    return plans.length === list.length && plans.length > 0 ? { name, rounds: plans } : undefined;
  }

  private planRound(round: Record<string, unknown>, path: Path, last: boolean): RoundPlan | undefined {
    const one = <Kind extends StageKind>(kind: Kind): StagePlan<Kind> | undefined =>
      round[kind] === undefined ? undefined : this.stage(round[kind], [...path, kind], kind);
    const knnBuilder = one('knnBuilder');
    const proposalGenerator = one('proposalGenerator');
    const scorers = this.list(round['scorer'], [...path, 'scorer'], 'scorer');
    const deoverlapper = one('deoverlapper');
    if (round['proposalGenerator'] === undefined)
      this.report(path, 'has no proposalGenerator', 'for instance proposalGenerator: knn-edges');
    if (last && round['deoverlapper'] === undefined && !this.training) {
      this.report(path, 'has no deoverlapper', 'for instance deoverlapper: infomap');
    }
    if (!last && round['deoverlapper'] !== undefined) {
      this.report(
        [...path, 'deoverlapper'],
        'only the last round has a deoverlapper',
        'move it to the last round',
        true,
      );
    }
    // What is missing because it is wrong has been reported; its neighbours are not to blame for that.
    const given = Array.isArray(round['scorer']) ? round['scorer'].length : round['scorer'] === undefined ? 0 : 1;
    const broken =
      (round['knnBuilder'] !== undefined && knnBuilder === undefined) ||
      (round['deoverlapper'] !== undefined && deoverlapper === undefined) ||
      scorers.length < given;
    return proposalGenerator === undefined || broken
      ? undefined
      : { knnBuilder, proposalGenerator, scorers, deoverlapper };
  }

  /**
   * What a stage says against its options; an error of its own is one of the problems of the file. A stage that is to be
   * trained is asked what it has against training: its files are not there yet.
   */
  private async faults(stage: StagePlan, facts: DataFacts): Promise<readonly OptionProblem[]> {
    try {
      return await stageFaults(stage, facts, this.training && stage.definition.trainable);
    } catch (error) {
      if (!(error instanceof L2cError)) throw error;
      this.problems.push(...error.problems);
      return [];
    }
  }

  /** One stage or a list of them. */
  private list<Kind extends StageKind>(raw: unknown, path: Path, kind: Kind): StagePlan<Kind>[] {
    if (raw === undefined) return [];
    const items: [unknown, Path][] = Array.isArray(raw)
      ? raw.map((item: unknown, i) => [item, [...path, i]])
      : [[raw, path]];
    return items.flatMap(([item, at]) => this.stage(item, at, kind) ?? []);
  }

  private stage<Kind extends StageKind>(raw: unknown, path: Path, kind: Kind): StagePlan<Kind> | undefined {
    const mapping = typeof raw === 'string' ? { type: raw } : raw;
    if (!isMapping(mapping) || typeof mapping['type'] !== 'string') {
      this.report(path, 'a stage is a type name, or a mapping with "type" and options', 'for instance { type: ... }');
      return undefined;
    }
    const { type, ...given } = mapping;
    const lookup = this.registry.find(kind, type);
    if (!('found' in lookup)) {
      this.wanted.set(this.problems.length, { stage: type, kind });
      this.report(typeof raw === 'string' ? path : [...path, 'type'], lookup.fact, lookup.wayOut);
      return undefined;
    }
    const { definition, plugin, fullName } = lookup.found;
    const { options, problems } = fillOptions(definition, given);
    for (const found of problems) this.report([...path, ...found.path], found.fact, found.wayOut, found.key);
    if (problems.length === 0) this.resolveFiles(definition, options, path);
    if (problems.length > 0) return undefined;
    const { onEmbedding } = this;
    const plan = {
      definition: definition as StagePlan<Kind>['definition'],
      plugin,
      fullName,
      options,
      path,
      onEmbedding,
    };
    this.sound.push(plan);
    return plan;
  }

  /** Names of what the evaluators give; none where they fail, or two give the same. */
  private async metricsOf(evaluators: readonly StagePlan<'evaluator'>[]): Promise<string[]> {
    try {
      return await metricNames(evaluators);
    } catch (error) {
      if (!(error instanceof L2cError)) throw error;
      for (const { code, place, fact, wayOut } of error.problems)
        this.report(['evaluators'], place === 'evaluators' ? fact : `${place}: ${fact}`, wayOut, false, code);
      return [];
    }
  }

  /** Checked as far as the file's shape and pipelines are sound. */
  private async planTuning(
    raw: unknown,
    pipelines: readonly PipelinePlan[],
    names: readonly string[],
    facts: DataFacts | undefined,
  ): Promise<TunePlan | undefined> {
    if (raw === undefined || this.problems.length > 0) return undefined;
    const { metric, seed, splits, grid } = raw as Omit<TunePlan, 'options'>;
    if (!names.includes(metric)) {
      const wayOut = didYouMean(metric, names) ?? 'list an evaluator that gives it';
      this.report(['tune', 'metric'], `no evaluator gives ${JSON.stringify(metric)}`, wayOut);
    }
    const { options, problems } = resolveGrid(grid, pipelines, ({ definition }, given, place) =>
      this.resolveFiles(definition, given, ['tune', 'grid', ...place]),
    );
    for (const { path, fact, wayOut, key } of problems) this.report(['tune', 'grid', ...path], fact, wayOut, key);
    if (facts !== undefined && this.problems.length === 0) {
      for (const { path, fact, wayOut } of await gridFaults(options, (stage) => this.faults(stage, facts)))
        this.report(['tune', 'grid', ...path], fact, wayOut);
    }
    return { metric, seed, splits, grid, options };
  }

  private resolveFiles(definition: StagePlan['definition'], options: Record<string, unknown>, path: Path): void {
    Object.assign(
      options,
      withFiles(definition, options, (file) => resolve(this.directory, file)),
    );
    for (const { format, path: inside, file } of fileValues(definition, options)) {
      const learned = format === 'weights' && definition.trainable;
      if (!(learned && this.training)) this.existing(file, [...path, ...inside], learned ? weightsWayOut : undefined);
    }
  }

  private async checkStages(stages: readonly StagePlan[], facts: DataFacts): Promise<void> {
    const missing = new Set(this.problems.filter(({ code }) => code === 'E_FILE').map(({ place }) => place));
    for (const stage of stages) {
      const { definition, options, path } = stage;
      const files = fileValues(definition, options);
      if (files.some((given) => missing.has(this.document.placeOf([...path, ...given.path])))) continue;
      for (const { option, fact, wayOut } of await this.faults(stage, facts)) {
        const at = option === '' ? path : [...path, ...option.split('.')];
        const holder = fileOptions(definition).find(({ name }) => name === option);
        const code = holder === undefined ? 'E_CONFIG' : holder.format === 'weights' ? 'E_WEIGHTS' : 'E_DATA';
        this.report(at, fact, wayOut, false, code);
      }
    }
  }
}
