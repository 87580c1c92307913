import type { Features } from '../data/features.js';
import type { ForwardModel } from './forward.js';
import { gatherRows, type Gathering } from './gather.js';
import { rowsOf, type RowSource } from './graph-batch.js';
import type { UsedRows } from './used-rows.js';
import { linkProfileColumns, type SimilarityProfiles } from './similarity-profiles.js';

/** The rows of a batch, as its model reads them: node members[r] of the sub-graph of pivots[r]. */
export type NodeRows = (nodes: { readonly members: Int32Array; readonly pivots: Int32Array }) => RowSource;

/** The same, of instances that may have no pivot. */
export type GatheringRows = (gathering: Gathering) => RowSource;

/**
 * Features, or differences of them, behind the first product of a model that was opened with `shared`: made once per instance, and for
 * those alone that are used, where that is said.
 */
export async function projectedRows(model: ForwardModel, features: Features, used?: UsedRows): Promise<GatheringRows> {
  if (used === undefined) {
    const projected = await model.project(features);
    return (gathering) => model.gather(projected, gathering);
  }
  const projected = await model.project(gatherRows(features, { members: used.instances }, undefined));
  const placed = (ids: Int32Array): Int32Array => ids.map((i) => used.places[i]);
  return ({ members, pivots }) =>
    model.gather(projected, { members: placed(members), pivots: pivots && placed(pivots) });
}

/** Profiles of the links from the pivots. */
export function profileRows(profiles: SimilarityProfiles): NodeRows {
  return ({ members, pivots }) => rowsOf(profiles.links(pivots, members), linkProfileColumns);
}

/** The rows that a model is trained on: profiles, where it reads them, else differences of the rows of `table`. */
export function trainingRows(table: Features, profiles: SimilarityProfiles | undefined): NodeRows {
  return profiles === undefined ? (nodes) => gatherRows(table, nodes, undefined) : profileRows(profiles);
}
