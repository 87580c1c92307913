import { problem, type OptionProblem } from '@l2c/core';

const wayOut = 'ask for at most as many clusters as there are instances';

/** For `check` of stages that are told how many clusters to make. */
export function tooManyClusters(clusters: number, n: number): OptionProblem[] {
  return clusters > n ? [{ option: 'clusters', fact: fact(clusters, n), wayOut }] : [];
}

/** Throws E_DATA where fewer instances arrive than clusters are asked for, whatever was known before. */
export function expectEnoughInstances(stage: string, clusters: number, n: number): void {
  if (clusters > n) throw problem('E_DATA', `${stage}.clusters`, fact(clusters, n), wayOut);
}

function fact(clusters: number, n: number): string {
  return `${clusters} clusters asked of ${n} instance${n === 1 ? '' : 's'}`;
}
