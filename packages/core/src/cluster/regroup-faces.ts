import { nodesAmong, type Copies } from '../graph/copies.js';
import type { FlowNetwork } from '../graph/infomap/flow-network.js';
import { regroup, type Regrouped, type RegroupOptions } from './regroup.js';

/**
 * {@link regroup} of a network whose nodes are faces without copies of others, where there are such. Instances of the options, of
 * `earlier` and of the result are faces: each copy goes with its node, and changes nothing.
 */
export function regroupFaces(
  network: FlowNetwork,
  copies: Copies | undefined,
  earlier: Int32Array,
  options: RegroupOptions,
): Regrouped {
  if (copies === undefined) return regroup(network, earlier, options);
  const { nodeOf, firsts } = copies;
  const faces = new Int32Array(nodesAmong(copies, earlier.length));
  for (let i = 0; i < earlier.length; i++) faces[nodeOf[i]]++;
  const found = regroup(
    network,
    Int32Array.from(faces, (_, node) => earlier[firsts[node]]),
    {
      ...options,
      faces,
      changedFrom: nodesAmong(copies, options.changedFrom),
      alikeFrom: nodesAmong(copies, options.alikeFrom),
    },
  );
  const ids = nodeOf.map((node) => found.ids[node]);
  let moved = 0;
  for (let i = 0; i < earlier.length; i++) if (ids[i] !== earlier[i]) moved++;
  return { ...found, ids, moved };
}
