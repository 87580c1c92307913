import { aggregateFlow } from '../graph/infomap/aggregate-flow.js';
import { flowAlong, type FlowNetwork } from '../graph/infomap/flow-network.js';
import { infomap } from '../graph/infomap/infomap.js';
import { ModuleState, nodeLogOf } from '../graph/infomap/map-equation.js';
import type { Random } from '../stages/services.js';
import { inheritIds } from './inherit-ids.js';

/**
 * What of the earlier clusters holds. `faces`: every earlier face stays where it is. `clusters`: each cluster of two or more keeps
 * its best linked face, so that it stays and no two of them become one; its other faces may move, and single faces may join.
 * `nothing`: clusters may also become one.
 */
export type Hold = 'faces' | 'clusters' | 'nothing';

export interface RegroupOptions {
  readonly hold: Hold;
  /** Instances from this one on are new since the clusters were last made: only clusters they are linked to are looked at. */
  readonly changedFrom: number;
  /** Pairs of clusters are only compared around instances from this one on. */
  readonly alikeFrom: number;
  /** Ids from here on were never given. */
  readonly nextId: number;
  /** (m) faces that each earlier instance stands for; 1 where absent. */
  readonly faces?: Int32Array | undefined;
  readonly random: Random;
  readonly betweenPasses?: (() => void) | undefined;
}

export interface Regrouped {
  /** (n) int32 ids of clusters. */
  readonly ids: Int32Array;
  readonly nextId: number;
  /** Earlier instances whose cluster is another now. */
  readonly moved: number;
  /** Pairs of clusters that would shorten the code as one, the most bits saved first. */
  readonly alike: readonly (readonly [number, number])[];
}

/**
 * Clusters of a network that has grown: Infomap from the clusters of its first instances, which moves only new instances and those of clusters
 * linked to them, as far as `hold` lets them. `earlier` ((m) int32, m <= n) are ids of any numbering. Ids follow the faces
 * ({@link inheritIds}). O(n + links) time and 60 bytes a link; the moves themselves cost what the touched clusters cost.
 */
export function regroup(network: FlowNetwork, earlier: Int32Array, options: RegroupOptions): Regrouped {
  const { hold, changedFrom, nextId } = options;
  const { n } = network;
  const { start, ids, sizes } = startOf(earlier, n, options.faces);
  const touched = touchedClusters(network, start, changedFrom);
  const anchors = hold === 'clusters' ? anchorsOf(network, start, ids.length) : undefined;
  const movable = new Uint8Array(n).fill(1, earlier.length);
  if (hold !== 'faces') {
    for (let i = 0; i < earlier.length; i++) {
      const cluster = start[i];
      if (touched[cluster] === 1 && (sizes[cluster] === 1 || anchors?.[cluster] !== i)) movable[i] = 1;
    }
  }
  const { random, betweenPasses } = options;
  const found = infomap(network, { random, start, movable, betweenPasses });
  const held = anchors?.filter((_, cluster) => sizes[cluster] > 1);
  const named = inheritIds(found.modules, found.count, earlier, { nextId, held });
  let moved = 0;
  for (let i = 0; i < earlier.length; i++) if (named.ids[i] !== earlier[i]) moved++;
  const alike = alikeModules(network, found.modules, found.count, options.alikeFrom);
  const idOf = new Int32Array(found.count);
  found.modules.forEach((module, i) => (idOf[module] = named.ids[i]));
  return { ...named, moved, alike: alike.map(([a, b]) => [idOf[a], idOf[b]]) };
}

/** Modules to begin with, 0 .. below n: the earlier clusters by first appearance, then each new instance alone. */
function startOf(
  earlier: Int32Array,
  n: number,
  faces: Int32Array | undefined,
): { start: Int32Array; ids: readonly number[]; sizes: Int32Array } {
  const names = new Map<number, number>();
  const start = new Int32Array(n);
  const sizes = new Int32Array(n);
  for (let i = 0; i < earlier.length; i++) {
    let name = names.get(earlier[i]);
    if (name === undefined) names.set(earlier[i], (name = names.size));
    start[i] = name;
    sizes[name] = sizes[name] + (faces?.[i] ?? 1);
  }
  for (let i = earlier.length; i < n; i++) start[i] = names.size + i - earlier.length;
  return { start, ids: [...names.keys()], sizes };
}

/** (n) 1 for clusters that new instances are linked to, or are in. */
function touchedClusters({ n, out }: FlowNetwork, start: Int32Array, changedFrom: number): Uint8Array {
  const touched = new Uint8Array(n);
  for (let i = changedFrom; i < n; i++) {
    touched[start[i]] = 1;
    for (let e = out.offsets[i]; e < out.ends[i]; e++) touched[start[out.targets[e]]] = 1;
  }
  return touched;
}

/** (clusters) of each cluster the instance with most flow to the others; of equal ones the first. */
function anchorsOf({ out }: FlowNetwork, start: Int32Array, clusters: number): Int32Array {
  const anchors = new Int32Array(clusters).fill(-1);
  const flows = new Float64Array(clusters);
  for (let i = 0; i < start.length; i++) {
    const cluster = start[i];
    if (cluster >= clusters) continue;
    let flow = 0;
    for (let e = out.offsets[i]; e < out.ends[i]; e++) if (start[out.targets[e]] === cluster) flow += flowAlong(out, e);
    if (anchors[cluster] >= 0 && flow <= flows[cluster]) continue;
    anchors[cluster] = i;
    flows[cluster] = flow;
  }
  return anchors;
}

/** Pairs of modules around the new instances that would shorten the code as one, the most bits first. */
function alikeModules(network: FlowNetwork, modules: Int32Array, count: number, alikeFrom: number): [number, number][] {
  const level = aggregateFlow(network, modules, count);
  const whole = Int32Array.from({ length: count }, (_, module) => module);
  const state = new ModuleState(level, whole, nodeLogOf(network));
  const near = touchedClusters(network, modules, alikeFrom);
  const pairs: { pair: [number, number]; change: number }[] = [];
  for (let module = 0; module < count; module++) {
    if (near[module] === 0) continue;
    state.leave(module, 0, 0);
    for (let e = level.out.offsets[module]; e < level.out.ends[module]; e++) {
      const other = level.out.targets[e];
      if (near[other] === 1 && other < module) continue;
      const flow = flowAlong(level.out, e);
      const change = state.changeTo(module, other, flow, flow);
      if (change < 0) pairs.push({ pair: [module, other], change });
    }
  }
  return pairs.sort((p, q) => p.change - q.change || p.pair[0] - q.pair[0]).map(({ pair }) => pair);
}
