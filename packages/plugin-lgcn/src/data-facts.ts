import { createHash } from 'node:crypto';
import { problem, type Features, type KnnGraph, type TrainingExample } from '@l2c/core';

/** @throws L2cError E_DATA where there are fewer than two identities to tell apart */
export function assertIdentities(examples: readonly TrainingExample[]): void {
  const identities = new Set<number>();
  for (const { context } of examples) for (const label of context.truth) identities.add(label);
  identities.delete(-1);
  if (identities.size >= 2) return;
  const fact = identities.size === 0 ? 'no instance has a known identity' : 'all instances are of one identity';
  throw problem('E_DATA', 'l-gcn', `can't be trained: ${fact}`, 'give labels of at least two identities');
}

/** A hash of arrays and of what is to be told apart besides them, in hexadecimal. */
export function fingerprint(arrays: Iterable<Float32Array | Int32Array>, facts: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(facts));
  for (const { buffer, byteOffset, byteLength } of arrays) {
    hash.update(`${byteLength} `);
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex').slice(0, 40);
}

/** The arrays of features and of their neighbours. */
export function arraysOf(features: Features, knn: KnnGraph): (Float32Array | Int32Array)[] {
  return [...features.blocks, knn.ids];
}
