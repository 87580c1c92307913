import { assertKnnGraph, type KnnGraph } from '../data/knn-graph.js';
import { assertLabels, type Labels } from '../data/labels.js';
import { assertProposals, proposalCount, type Proposals } from '../data/proposals.js';
import { assertScores, defaultScores, type Scores } from '../data/scores.js';
import type { Features } from '../data/features.js';
import { problem } from '../errors.js';
import type { StageContext } from '../stages/interfaces.js';
import type { ArtifactStore, Computed, Facts, StageCost } from './artifacts.js';
import { knnCodec, labelsCodec, proposalsCodec, scoresCodec, type Codec } from './codec.js';
import type { Inputs } from './inputs.js';
import type { RoundKeys } from './keys.js';
import { measure } from './measure.js';
import type { StagePlan } from './plan.js';
import { stageError, stagePlace } from './stage-error.js';
import type { WiredPipeline, WiredRound } from './wire.js';

/** What one stage of a run did. */
export interface StageReport extends StageCost {
  readonly round: number;
  readonly kind: StagePlan['definition']['kind'];
  /** `core/nms`. */
  readonly stage: string;
  readonly key: string;
  readonly cached: boolean;
  /** What came out, in numbers: `{ links: 4710 }`. */
  readonly counts: Readonly<Record<string, number>>;
  /** What the stage recorded: chosen thresholds, measured recall. */
  readonly facts: Facts;
}

/** Everything a round holds once its stages have run. */
export interface RoundState {
  readonly features: Features;
  readonly knn: KnnGraph | undefined;
  readonly proposals: Proposals;
  readonly scores: Scores;
}

/** Facts by stage, between the moment a stage records them and the moment its result is stored. */
export class FactBook {
  private readonly byPlace = new Map<string, Record<string, unknown>>();

  /** `place` as the services of a stage know it: its path in the file. */
  record(place: string, name: string, fact: unknown): void {
    this.byPlace.set(place, { ...this.byPlace.get(place), [name]: fact });
  }

  /** What a stage recorded since the last call. */
  take({ path }: StagePlan): Facts {
    const place = path.join('.');
    const facts = this.byPlace.get(place) ?? {};
    this.byPlace.delete(place);
    return facts;
  }
}

/** Hears of stages as they start and end, for progress and logs. */
export interface RunObserver {
  stageStarted(pipeline: string, stage: StagePlan): void;
  stageEnded(pipeline: string, report: StageReport): void;
  /** A round is complete: called before the next one replaces what it holds. */
  roundEnded?(pipeline: string, round: number, state: RoundState): Promise<void>;
}

export interface PipelineResult {
  readonly name: string;
  readonly labels: Labels;
  readonly stages: readonly StageReport[];
}

/**
 * Runs the rounds of a wired pipeline. Each result is taken from the store where its key is there, and else computed,
 * held against its invariants and stored, so a run that was killed goes on after its last finished stage.
 */
export async function runPipeline(
  pipeline: WiredPipeline,
  keys: readonly RoundKeys[],
  inputs: Inputs,
  store: ArtifactStore,
  facts: FactBook,
  observer: RunObserver,
): Promise<PipelineResult> {
  const stages: StageReport[] = [];
  const run = step(pipeline.name, store, facts, observer, (report) => stages.push(report));
  let left: Leftover = { features: inputs.features, knn: undefined, vertices: undefined };
  for (const [index, round] of pipeline.rounds.entries()) {
    const state = await runRound(round, index + 1, () => keys[index], left, inputs, run);
    await observer.roundEnded?.(pipeline.name, index + 1, state);
    const labels = await runDeoverlapper(round, index + 1, keys[index], state, inputs, run);
    if (labels !== undefined) return { name: pipeline.name, labels, stages };
    left = { features: state.scores.embedding ?? state.features, knn: state.knn, vertices: state.scores.vertices };
  }
  throw new RangeError(`pipeline ${pipeline.name} has no deoverlapper in its last round`);
}

/** What a round takes over from the one before it. */
export interface Leftover {
  readonly features: Features;
  readonly knn: KnnGraph | undefined;
  readonly vertices: Float32Array | undefined;
}

/** Runs, or fetches, one stage: its plan, key, codec, work, invariants and counts. */
export type Step = <Noun>(
  round: number,
  plan: StagePlan,
  key: string,
  codec: Codec<Noun>,
  work: () => Noun | Promise<Noun>,
  check: (noun: Noun) => void,
  count: (noun: Noun) => Record<string, number>,
) => Promise<Noun>;

/** Makes the step of one pipeline: from the store where the key is there, else computed, checked and stored. */
export function step(
  pipeline: string,
  store: ArtifactStore,
  book: FactBook,
  observer: RunObserver,
  ended?: (report: StageReport) => void,
): Step {
  return async (round, plan, key, codec, work, check, count) => {
    observer.stageStarted(pipeline, plan);
    const { value, cost, facts, cached } = await store.resolve(key, codec, async () => {
      book.take(plan);
      const computed = await guarded(pipeline, plan, () => measure(work), check);
      return { ...computed, facts: book.take(plan) };
    });
    const report = {
      round,
      kind: plan.definition.kind,
      stage: plan.fullName,
      key,
      cached,
      ...cost,
      counts: count(value),
      facts,
    };
    ended?.(report);
    observer.stageEnded(pipeline, report);
    return value;
  };
}

/**
 * Runs kNN, proposals and scorers of a round; `before` is called ahead of each scorer, and keys are asked for anew
 * after it, since training changes them.
 */
export async function runRound(
  { knnBuilder, proposalGenerator, scorers }: WiredRound,
  round: number,
  keys: () => RoundKeys,
  { features, knn: graph, vertices }: Leftover,
  inputs: Inputs,
  step: Step,
  before?: (
    scorer: WiredRound['scorers'][number],
    proposals: Proposals,
    context: StageContext,
    scores: Scores,
  ) => Promise<void>,
): Promise<RoundState> {
  const knn =
    knnBuilder === undefined
      ? graph
      : await step(
          round,
          knnBuilder.plan,
          keys().knn!,
          knnCodec,
          () => buildGraph(knnBuilder, features),
          assertKnnGraph,
          countLinks,
        );
  const proposals = await step(
    round,
    proposalGenerator.plan,
    keys().proposals,
    proposalsCodec(knn),
    () => proposalGenerator.stage.propose(features, knn),
    assertProposals,
    (made) => ({ [made.kind]: proposalCount(made) }),
  );
  let scores: Scores = { ...defaultScores(proposals), vertices };
  for (const [i, scorer] of scorers.entries()) {
    const context = contextFor(scorer.plan, features, knn, inputs);
    await before?.(scorer, proposals, context, scores);
    const previous = scores;
    scores = await step(
      round,
      scorer.plan,
      keys().scores[i],
      scoresCodec(proposals),
      () => scorer.stage.score(proposals, context, previous),
      (made) => assertScores(made, proposals),
      (made) => ({ scores: made.proposals.length }),
    );
  }
  return { features, knn, proposals, scores };
}

async function runDeoverlapper(
  { deoverlapper }: WiredRound,
  round: number,
  keys: RoundKeys,
  { features, knn, proposals, scores }: RoundState,
  inputs: Inputs,
  step: Step,
): Promise<Labels | undefined> {
  if (deoverlapper === undefined) return undefined;
  const context = contextFor(deoverlapper.plan, features, knn, inputs);
  return step(
    round,
    deoverlapper.plan,
    keys.labels!,
    labelsCodec,
    () => deoverlapper.stage.deoverlap(proposals, scores, context),
    (made) => assertLabels(made, features.n),
    (made) => ({ clusters: made.clusters }),
  );
}

function buildGraph(
  { plan, stage }: NonNullable<WiredRound['knnBuilder']>,
  features: Features,
): KnnGraph | Promise<KnnGraph> {
  if (stage.k >= features.n) {
    const fact = `k = ${stage.k} neighbours of ${features.n} instances`;
    throw problem(
      'E_DATA',
      plan.path.join('.'),
      fact,
      `at most ${features.n - 1}: an instance is not its own neighbour`,
    );
  }
  return stage.build(features);
}

function contextFor(plan: StagePlan, features: Features, knn: KnnGraph | undefined, inputs: Inputs): StageContext {
  const { kept, rows: count, truth } = inputs;
  const rows = kept === undefined ? undefined : { ids: kept, count };
  return plan.definition.truth ? { features, rows, knn, truth } : { features, rows, knn };
}

const countLinks = (knn: KnnGraph): Record<string, number> => ({ instances: knn.n, k: knn.k });

/** Names the stage in whatever goes wrong inside it, broken invariants included. */
async function guarded<Noun>(
  pipeline: string,
  plan: StagePlan,
  work: () => Promise<Omit<Computed<Noun>, 'facts'>>,
  check: (noun: Noun) => void,
): Promise<Omit<Computed<Noun>, 'facts'>> {
  let made: Omit<Computed<Noun>, 'facts'>;
  try {
    made = await work();
  } catch (cause) {
    throw stageError(pipeline, plan, cause);
  }
  try {
    check(made.value);
  } catch (cause) {
    const fact = `returned what breaks an invariant: ${(cause as Error).message}`;
    throw problem('E_STAGE', stagePlace(pipeline, plan), fact, 'this is a bug of the stage', cause);
  }
  return made;
}
