import { assertKnnGraph, type KnnGraph } from '../data/knn-graph.js';
import { assertLabels, type Labels } from '../data/labels.js';
import type { Metrics } from '../data/metrics.js';
import { assertProposals, type Proposals } from '../data/proposals.js';
import { assertScores, type Scores } from '../data/scores.js';
import type { StageDefinition } from '../stages/define-stage.js';
import type {
  Deoverlapper,
  Evaluator,
  KnnBuilder,
  ProposalGenerator,
  Scorer,
  StageInterfaces,
} from '../stages/interfaces.js';
import { contextOf, type StageInput } from './stage-input.js';

export type StageOutput = KnnGraph | Proposals | Scores | Labels | Metrics;
export type AnyStage = StageInterfaces[keyof StageInterfaces];

/** Calls the one method of a stage of any kind. */
export async function runStage(definition: StageDefinition, stage: AnyStage, input: StageInput): Promise<StageOutput> {
  const { features, knn, proposals, scores } = input;
  switch (definition.kind) {
    case 'knnBuilder':
      return (stage as KnnBuilder).build(features);
    case 'proposalGenerator':
      return (stage as ProposalGenerator).propose(features, knn);
    case 'scorer':
      return (stage as Scorer).score(proposals, contextOf(definition, input), scores);
    case 'deoverlapper':
      return (stage as Deoverlapper).deoverlap(proposals, scores, contextOf(definition, input));
    case 'evaluator':
      return (stage as Evaluator).evaluate(input.truth, input.predicted);
  }
}

/** What is wrong with an output, judged by its kind alone. */
export function outputProblems(definition: StageDefinition, input: StageInput, output: StageOutput): string[] {
  try {
    switch (definition.kind) {
      case 'knnBuilder':
        return knnProblems(output as KnnGraph, input);
      case 'proposalGenerator':
        return proposalProblems(definition, output as Proposals, input.features.n);
      case 'scorer':
        return scoreProblems(definition, output as Scores, input);
      case 'deoverlapper':
        assertLabels(output as Labels, input.proposals.n);
        return [];
      case 'evaluator':
        return metricProblems(output as Metrics, input.truth.length);
    }
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return [error.message];
    throw error;
  }
}

/** Reported similarities may differ from the cosine by this much: float32 rounding, half precision, quantisation. */
const similarityTolerance = 0.01;

function knnProblems(knn: KnnGraph, { features }: StageInput): string[] {
  assertKnnGraph(knn);
  if (knn.n !== features.n) return [`a graph of ${knn.n} rows for ${features.n} instances`];
  for (let e = 0; e < knn.ids.length; e++) {
    if (knn.ids[e] < 0) continue;
    const i = Math.floor(e / knn.k);
    const cosine = features.dot(i, knn.ids[e]);
    if (Math.abs(cosine - knn.similarities[e]) > similarityTolerance) {
      return [`similarity of ${i} and ${knn.ids[e]} is ${knn.similarities[e]}, their cosine is ${cosine}`];
    }
  }
  return [];
}

function proposalProblems(definition: StageDefinition, proposals: Proposals, n: number): string[] {
  const announced = definition.proposals;
  if (announced !== 'either' && announced !== proposals.kind)
    return [`gives ${proposals.kind}, announced ${announced}`];
  assertProposals(proposals);
  if (proposals.n !== n) return [`proposals over ${proposals.n} instances, there are ${n}`];
  if (proposals.kind === 'clusters') return [];
  for (let i = 0; i < n; i++) {
    for (let e = proposals.offsets[i]; e < proposals.offsets[i + 1]; e++) {
      if (Number.isNaN(proposals.similarities[e])) return [`a similarity of instance ${i} is NaN`];
      const best = e === proposals.offsets[i] || proposals.similarities[e] <= proposals.similarities[e - 1];
      if (!best) return [`links of instance ${i} are not sorted, best first`];
    }
  }
  return [];
}

function scoreProblems(
  definition: StageDefinition,
  scores: Scores,
  { proposals, scores: previous }: StageInput,
): string[] {
  assertScores(scores, proposals);
  const problems: string[] = [];
  for (const part of ['members', 'vertices', 'embedding'] as const) {
    const announced = definition.gives.includes(part);
    // Members may depend on the options; what others rely on before a run, vertices and embedding, may not.
    if (announced && part !== 'members' && scores[part] === undefined) {
      problems.push(`announces ${part} and does not give them`);
    }
    if (!announced && scores[part] !== undefined && scores[part] !== previous[part]) {
      problems.push(`gives ${part} without announcing them in "gives"`);
    }
  }
  for (const part of ['proposals', 'members', 'vertices'] as const) {
    const at = scores[part]?.findIndex((score) => !Number.isFinite(score)) ?? -1;
    if (at >= 0) problems.push(`${part}: score ${at} is ${scores[part]![at]}`);
  }
  const broken = scores.embedding?.blocks.some((block) => block.some((value) => !Number.isFinite(value))) ?? false;
  return broken ? [...problems, 'the embedding holds a value that is not finite'] : problems;
}

/** With less than two instances there is nothing to compare, and a metric may be NaN. */
function metricProblems(metrics: Metrics, n: number): string[] {
  const entries = Object.entries(metrics);
  if (entries.length === 0) return ['gives no metric'];
  const odd = entries.filter(([, value]) => typeof value !== 'number' || (n > 1 && !Number.isFinite(value)));
  return odd.map(([name, value]) => `metric ${name} is ${value}`);
}
