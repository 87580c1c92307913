import type { KnnGraph } from '../data/knn-graph.js';
import type { ClusterProposals, EdgeProposals } from '../data/proposals.js';
import type { NamedFace } from '../pipeline/find-face.js';
import type { PipelinePlan } from '../pipeline/plan.js';
import type { RoundState } from '../pipeline/run.js';
import { confidenceText, rankText, waysText } from './decision-text.js';

/** What one stage made of two faces, in words. */
export interface StageDecision {
  readonly round: number;
  readonly kind: string;
  readonly stage: string;
  readonly said: string;
}

/** What the stages of all rounds made of two faces, the deoverlapper left out. `states` are those of the rounds. */
export function stageDecisions(
  { rounds }: PipelinePlan,
  states: readonly RoundState[],
  a: NamedFace,
  b: NamedFace,
): StageDecision[] {
  return rounds.flatMap(({ knnBuilder, proposalGenerator, scorers }, r) => {
    const { knn, proposals } = states[r];
    const decisions: StageDecision[] = [];
    const decide = (plan: { definition: { kind: string }; fullName: string }, said: string): void =>
      void decisions.push({ round: r + 1, kind: plan.definition.kind, stage: plan.fullName, said });
    if (knnBuilder !== undefined && knn !== undefined) decide(knnBuilder, `${ranked(knn, a, b)}; ${ranked(knn, b, a)}`);
    const proposed = proposals.kind === 'edges' ? linksBetween(proposals, a, b) : setsOf(proposals, a, b);
    decide(proposalGenerator, proposed.said);
    const last = scorers[scorers.length - 1];
    if (last !== undefined) decide(last, scored(states[r], proposed.places, a, b));
    return decisions;
  });
}

function ranked({ k, ids, similarities }: KnnGraph, of: NamedFace, face: NamedFace): string {
  const at = of.instance * k;
  const place = ids.subarray(at, at + k).indexOf(face.instance);
  return rankText(place + 1, k, face.name, of.name, similarities[at + place]);
}

interface Proposed {
  readonly said: string;
  /** Of the proposals that hold both. */
  readonly places: readonly number[];
}

function linksBetween({ offsets, targets }: EdgeProposals, a: NamedFace, b: NamedFace): Proposed {
  const link = (from: NamedFace, to: NamedFace): number[] => {
    const place = targets.subarray(offsets[from.instance], offsets[from.instance + 1]).indexOf(to.instance);
    return place === -1 ? [] : [offsets[from.instance] + place];
  };
  const [forth, back] = [link(a, b), link(b, a)];
  const said = waysText(forth.length === 1, back.length === 1, a.name, b.name);
  return { said, places: [...forth, ...back] };
}

function setsOf({ offsets, members }: ClusterProposals, a: NamedFace, b: NamedFace): Proposed {
  const places: number[] = [];
  for (let p = 0; p + 1 < offsets.length; p++) {
    const set = members.subarray(offsets[p], offsets[p + 1]);
    if (set.includes(a.instance) && set.includes(b.instance)) places.push(p);
  }
  return { said: `proposes ${places.length} of ${offsets.length - 1} sets with both of them`, places };
}

function scored({ scores }: RoundState, places: readonly number[], a: NamedFace, b: NamedFace): string {
  const values = places.map((place) => scores.proposals[place]);
  const best =
    values.length === 0
      ? 'has nothing between them to score'
      : `scores what is between them ${Math.max(...values).toFixed(3)}`;
  if (scores.vertices === undefined) return best;
  const { vertices } = scores;
  return `${best}; ${confidenceText(a.name, vertices[a.instance], b.name, vertices[b.instance])}`;
}
