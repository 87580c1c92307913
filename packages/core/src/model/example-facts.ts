import { createHash } from 'node:crypto';
import { problem } from '../errors.js';
import type { TrainingExample } from '../stages/interfaces.js';

/** @throws L2cError E_DATA where there are fewer than two identities to tell apart */
export function assertIdentities(examples: readonly TrainingExample[], stage: string): void {
  const identities = new Set<number>();
  for (const { context } of examples) for (const label of context.truth) identities.add(label);
  identities.delete(-1);
  if (identities.size >= 2) return;
  const fact = identities.size === 0 ? 'no instance has a known identity' : 'all instances are of one identity';
  throw problem('E_DATA', stage, `can't be trained: ${fact}`, 'give labels of at least two identities');
}

/** A hash of arrays, and of facts in JSON besides them, in hexadecimal: names the data that a checkpoint belongs to. */
export function fingerprint(arrays: Iterable<ArrayBufferView>, facts: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(facts));
  for (const { buffer, byteOffset, byteLength } of arrays) {
    hash.update(`${byteLength} `);
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex').slice(0, 40);
}

/** All that a training can read of its examples, for {@link fingerprint}: features, neighbours, proposals, scores, identities. */
export function arraysOfExamples(examples: readonly TrainingExample[]): (Float32Array | Int32Array)[] {
  return examples.flatMap(({ proposals, context, previousScores }) => {
    const { features, knn, truth } = context;
    const graph = knn === undefined ? [] : [knn.ids, knn.similarities];
    const sets = proposals.kind === 'clusters' ? proposals.members : proposals.targets;
    const scores = [previousScores.proposals, previousScores.vertices, previousScores.members];
    return [
      ...features.blocks,
      ...graph,
      proposals.offsets,
      sets,
      ...scores.filter((array) => array !== undefined),
      truth,
    ];
  });
}
