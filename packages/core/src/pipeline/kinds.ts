import type { Path } from './document.js';
import type { PipelinePlan, StagePlan } from './plan.js';

interface KindProblem {
  readonly path: Path;
  readonly fact: string;
  readonly wayOut: string;
}

/**
 * What keeps the stages of a pipeline from meeting: proposals of another kind, no kNN graph for one that needs it, no
 * confidences for one that reads them, no labels for one that reads the truth.
 */
export function kindProblems(pipeline: PipelinePlan, labelled: boolean, training: boolean): KindProblem[] {
  const problems: KindProblem[] = [];
  let graph = false;
  let vertices = false;
  for (const { knnBuilder, proposalGenerator, scorers, deoverlapper } of pipeline.rounds) {
    graph ||= knnBuilder !== undefined;
    const takers: StagePlan[] = deoverlapper === undefined ? [...scorers] : [...scorers, deoverlapper];
    const given = proposalGenerator.definition.proposals;
    for (const stage of takers) {
      const taken = stage.definition.proposals ?? 'either';
      if (given !== undefined && given !== 'either' && taken !== 'either' && taken !== given) {
        const fact = `${stage.definition.type} takes ${taken}, but ${proposalGenerator.definition.type} gives ${given}`;
        problems.push({
          path: stage.path,
          fact,
          wayOut: `choose a stage that takes ${given}, or a generator of ${taken}`,
        });
      }
    }
    for (const stage of [proposalGenerator, ...takers]) {
      const { type, knn, truth } = stage.definition;
      if (!graph && (stage.definition.needsKnn?.(stage.options) ?? knn)) {
        problems.push({
          path: stage.path,
          fact: `${type} needs a kNN graph${knn ? '' : ' with these options'}`,
          wayOut: 'add a knnBuilder to this round',
        });
      }
      if (truth && !labelled) {
        problems.push({ path: stage.path, fact: `${type} reads the true identities`, wayOut: 'give data.labels' });
      }
    }
    for (const { path, definition } of takers) {
      if (definition.vertices && !vertices) {
        const fact = `${definition.type} needs a confidence per instance`;
        problems.push({ path, fact, wayOut: 'add a scorer that gives vertices before it' });
      }
      vertices ||= definition.gives.includes('vertices');
    }
    if (training && !labelled && scorers.some((stage) => stage.definition.trainable)) {
      problems.push({ path: ['data'], fact: 'training needs the true identities', wayOut: 'give data.labels' });
    }
  }
  return problems;
}
