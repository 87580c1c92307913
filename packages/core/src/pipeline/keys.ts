import { stageKey } from './artifacts.js';
import type { Inputs } from './inputs.js';
import type { PipelinePlan, RoundPlan } from './plan.js';

/** Keys of the results of one round, known before anything runs. */
export interface RoundKeys {
  readonly knn: string | undefined;
  readonly proposals: string;
  /** After each scorer. */
  readonly scores: readonly string[];
  readonly labels: string | undefined;
}

/** Keys of every result of a pipeline: each follows from the stage and from the keys of what it reads. */
export async function pipelineKeys(
  plan: PipelinePlan,
  inputs: Pick<Inputs, 'featuresKey' | 'truthKey'>,
): Promise<RoundKeys[]> {
  const keys: RoundKeys[] = [];
  let state: KeyState = { features: inputs.featuresKey, knn: undefined, scores: 'none' };
  for (const round of plan.rounds) {
    const next = await roundKeys(round, state, inputs.truthKey);
    keys.push(next.keys);
    state = next.state;
  }
  return keys;
}

/** What a round leaves to the next one. */
interface KeyState {
  readonly features: string;
  readonly knn: string | undefined;
  readonly scores: string;
}

async function roundKeys(
  round: RoundPlan,
  state: KeyState,
  truthKey: string,
): Promise<{ keys: RoundKeys; state: KeyState }> {
  const { features } = state;
  const knn = round.knnBuilder === undefined ? state.knn : await stageKey(round.knnBuilder, [features]);
  const context = [features, knn ?? 'no graph'];
  const proposals = await stageKey(round.proposalGenerator, context);
  const scores: string[] = [];
  let last = state.scores;
  let embedding = features;
  for (const scorer of round.scorers) {
    const truth = scorer.definition.truth ? [truthKey] : [];
    last = await stageKey(scorer, [proposals, last, ...context, ...truth]);
    scores.push(last);
    if (scorer.definition.gives.includes('embedding')) embedding = `${last} embedding`;
  }
  const reader = round.deoverlapper;
  const truth = reader?.definition.truth === true ? [truthKey] : [];
  const labels = reader === undefined ? undefined : await stageKey(reader, [proposals, last, ...context, ...truth]);
  const own = round.knnBuilder === undefined ? undefined : knn;
  return { keys: { knn: own, proposals, scores, labels }, state: { features: embedding, knn, scores: last } };
}

/** All keys of a round, in the order of its stages. */
export const keysOfRound = ({ knn, proposals, scores, labels }: RoundKeys): string[] =>
  [knn, proposals, ...scores, labels].filter((key) => key !== undefined);
