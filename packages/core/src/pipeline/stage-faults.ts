import type { DataFacts, OptionProblem } from '../stages/define-stage.js';
import type { StagePlan } from './plan.js';

/** What a stage with these options has against data of this shape, found out without running it, or training it. */
export async function stageFaults(
  { definition, options, onEmbedding }: StagePlan,
  { n, rows, dim }: DataFacts,
  training = false,
): Promise<readonly OptionProblem[]> {
  const facts = { n, rows, dim: onEmbedding ? undefined : dim };
  return [
    ...neighbourFaults(definition, options, facts),
    ...((await (training ? definition.checkTraining?.(options, facts) : definition.check(options, facts))) ?? []),
  ];
}

function neighbourFaults(
  { kind }: StagePlan['definition'],
  { k }: StagePlan['options'],
  { n }: DataFacts,
): OptionProblem[] {
  if (kind !== 'knnBuilder' || typeof k !== 'number' || k < n) return [];
  const wayOut = n < 2 ? 'clustering needs at least 2 rows' : `at most ${n - 1}: an instance is not its own neighbour`;
  return [{ option: 'k', fact: `${k} neighbours of ${n} instances`, wayOut }];
}
