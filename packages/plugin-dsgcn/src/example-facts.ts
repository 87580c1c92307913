import { createHash } from 'node:crypto';
import { problem, type TrainingExample } from '@l2c/core';

/** @throws L2cError E_DATA where there are fewer than two identities to tell apart */
export function assertIdentities(examples: readonly TrainingExample[], stage: string): void {
  const identities = new Set<number>();
  for (const { context } of examples) for (const label of context.truth) identities.add(label);
  identities.delete(-1);
  if (identities.size >= 2) return;
  const fact = identities.size === 0 ? 'no instance has a known identity' : 'all instances are of one identity';
  throw problem('E_DATA', stage, `can't be trained: ${fact}`, 'give labels of at least two identities');
}

/** A hash of all that training reads of its examples: features, neighbours, proposals and identities. */
export function fingerprint(examples: readonly TrainingExample[]): string {
  const hash = createHash('sha256');
  const add = (array: Float32Array | Int32Array): void =>
    void hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  for (const { proposals, context } of examples) {
    const { features, knn, truth } = context;
    hash.update(`${features.n} ${features.dim} ${knn?.k} `);
    features.blocks.forEach(add);
    if (knn !== undefined) {
      add(knn.ids);
      add(knn.similarities);
    }
    add(proposals.offsets);
    if (proposals.kind === 'clusters') add(proposals.members);
    add(truth);
  }
  return hash.digest('hex').slice(0, 40);
}
