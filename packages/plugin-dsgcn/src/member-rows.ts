import { gatherRows, rowsOf, type RowSource } from '@l2c/core';
import type { ClusterBatch } from './cluster-graphs.js';
import { memberProfileColumns, MemberProfiles, seededProfileColumns } from './member-profiles.js';
import type { ClusterContext } from './score-clusters.js';
import { seededRows } from './seed-vertices.js';

/** What a model can read of the members of a proposal. */
export const memberInputs = ['features', 'profiles', 'none'] as const;
export type MemberInputs = (typeof memberInputs)[number];

/** The schema of that option, for both models. */
export const memberInputsProperty = {
  type: 'string',
  enum: [...memberInputs],
  default: 'features',
  description:
    'Training: what the model reads of each member. Its features, as in the paper; profiles of similarities, ranks and shared neighbours and of how it belongs to its proposal, which hold for other identities and other features too; or none, a 1, so that only the links count. Trained weights bring their own.',
} as const;

/** The rows of a batch as its model reads them; with a place among its members for each graph, those of its seed are marked. */
export type MemberRows = (batch: ClusterBatch, seeds?: Int32Array) => RowSource;

export function memberRows(inputs: MemberInputs, { features, knn }: ClusterContext): MemberRows {
  if (inputs === 'profiles') {
    const profiles = new MemberProfiles(knn);
    return (batch, seeds) => profiles.rows(batch, seeds);
  }
  return (batch, seeds) => {
    const { members } = batch;
    const plain = inputs === 'none' ? ones(members.length) : gatherRows(features, { members }, undefined);
    return seeds === undefined ? plain : seededRows(plain, batch, seeds);
  };
}

/** Columns of these rows, for features of `dim` dimensions. */
export function memberColumns(inputs: MemberInputs, dim: number, seeded = false): number {
  if (inputs === 'profiles') return seeded ? seededProfileColumns : memberProfileColumns;
  return (inputs === 'none' ? 1 : dim) + (seeded ? 1 : 0);
}

/** A row for each member that says nothing: what the sum of a normalised row of the graph is. */
function ones(n: number): RowSource {
  return rowsOf(new Float32Array(n).fill(1), 1);
}
