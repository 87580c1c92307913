import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { L2cError, type Problem } from '../errors.js';
import { weightsExtensions } from '../formats/weights.js';
import type { PipelinePlan, StagePlan } from './plan.js';

/**
 * What would make a training end without weights, found out before it starts: a path that weights can't be written to, and one
 * that two scorers share which are not alike. Throws an L2cError with all of it.
 */
export function expectWritableWeights(pipelines: readonly PipelinePlan[]): void {
  const problems: Problem[] = [];
  const writers = new Map<string, StagePlan>();
  for (const { rounds } of pipelines) {
    for (const scorer of rounds.flatMap(({ scorers }) => scorers)) {
      if (!scorer.definition.trainable) continue;
      const place = [...scorer.path, 'weights'].join('.');
      const path = scorer.options['weights'];
      if (typeof path !== 'string' || path === '') {
        const fact = `${scorer.fullName} has no "weights" to write`;
        problems.push({ code: 'E_CONFIG', place, fact, wayOut: 'give it a path' });
        continue;
      }
      const fault = pathFault(path);
      if (fault !== undefined) problems.push({ place, ...fault });
      const other = writers.get(path);
      if (other === undefined) writers.set(path, scorer);
      else if (!areAlike(other, scorer)) {
        const fact = `${other.path.join('.')} writes ${path} too, and is another scorer or has other options`;
        problems.push({
          code: 'E_CONFIG',
          place,
          fact,
          wayOut: 'give each a file of its own, or both the same options',
        });
      }
    }
  }
  if (problems.length > 0) throw new L2cError(problems);
}

function pathFault(path: string): Omit<Problem, 'place'> | undefined {
  if (!weightsExtensions.includes(extname(path).toLowerCase())) {
    const wayOut = 'choose one of these extensions; l2c convert writes others from them';
    return {
      code: 'E_OUTPUT',
      fact: `weights can be written to ${weightsExtensions.join(' and ')}, not to ${path}`,
      wayOut,
    };
  }
  if (existsSync(path) && statSync(path).isDirectory())
    return { code: 'E_OUTPUT', fact: `${path} is a folder`, wayOut: 'give the path of a file' };
  let folder = dirname(path);
  while (!existsSync(folder)) folder = dirname(folder);
  const fact = !statSync(folder).isDirectory() ? `${folder} is a file, no folder` : undefined;
  const wayOut = 'give a path where files can be written';
  if (fact !== undefined) return { code: 'E_OUTPUT', fact, wayOut };
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    return { code: 'E_OUTPUT', fact: `nothing can be written to ${folder}`, wayOut };
  }
  return undefined;
}

/** Scorers that train to the same weights are trained once. */
function areAlike(a: StagePlan, b: StagePlan): boolean {
  const text = ({ fullName, options }: StagePlan): string =>
    JSON.stringify([fullName, Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1))]);
  return text(a) === text(b);
}
