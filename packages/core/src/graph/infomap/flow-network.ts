import { transpose, type Csr } from '../csr.js';

/**
 * Flows from each node along its links, or to each node: row i is links offsets[i] .. ends[i], and what lies behind is none of it, so that rows
 * which fall can be cut without being copied. Along link e flow `max(weights[e] - from, least) * scale`, the share of all steps of a random
 * walker that take it. A link of a node to itself is not among them.
 */
export interface FlowLinks extends Csr {
  /** (n) int32. */
  readonly ends: Int32Array;
  /** (m) */
  readonly weights: Float32Array | Float64Array;
  readonly from: number;
  readonly least: number;
  readonly scale: number;
}

/** Links that flow as they are. */
export function plainLinks({ n, offsets, targets }: Csr, weights: Float64Array): FlowLinks {
  return { n, offsets, ends: offsets.subarray(1), targets, weights, from: 0, least: 0, scale: 1 };
}

/** What flows along link e. */
export function flowAlong({ weights, from, least, scale }: FlowLinks, e: number): number {
  return Math.max(weights[e] - from, least) * scale;
}

/** A network as a random walker sees it: how often each node is visited, and each link taken. */
export interface FlowNetwork {
  readonly n: number;
  /** (n) float64 visit rates, sum 1. */
  readonly visits: Float64Array;
  readonly out: FlowLinks;
  /** The same object as `out` where the network is undirected. */
  readonly in: FlowLinks;
}

/** Links that stand in the rows of both their ends, and how they are cut; all of them, as they weigh, where nothing else is said. */
export type CutLinks = Csr & Pick<FlowLinks, 'weights'> & Partial<Pick<FlowLinks, 'ends' | 'from' | 'least'>>;

/**
 * Flow on an undirected network: visits in proportion to the strength of a node (Rosvall & Bergstrom 2008). Weights must be above 0 where they are
 * cut, and those of both directions alike. Nothing is copied. O(n + m) time.
 */
export function undirectedFlow(cut: CutLinks): FlowNetwork {
  const { n, offsets, targets, weights, ends = offsets.subarray(1), from = 0, least = 0 } = cut;
  const visits = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i++) {
    let visit = 0;
    for (let e = offsets[i]; e < ends[i]; e++) visit += Math.max(weights[e] - from, least);
    total += visits[i] = visit;
  }
  const scale = total > 0 ? 1 / total : 1;
  if (total > 0) for (let i = 0; i < n; i++) visits[i] = visits[i] / total;
  const links = { n, offsets, ends, targets, weights, from, least, scale };
  return { n, visits, out: links, in: links };
}

/** How the walker of a directed network moves. */
export interface WalkOptions {
  /** Probability of a jump instead of a step along a link. */
  readonly teleportation: number;
  /** Where the visit rates change by less in sum, they are taken. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

export const defaultWalk: WalkOptions = { teleportation: 0.15, tolerance: 1e-10, maxIterations: 200 };

/**
 * Flow on a directed network: the walker follows links by weight and now and then jumps to the start of a link chosen by
 * weight; jumps decide how often nodes are visited, but are not counted as flow. Lambiotte & Rosvall, "Ranking and clustering
 * of nodes in networks with smart teleportation", 2012 (unrecorded teleportation to links). Weights must be above 0.
 * O(n + m) an iteration, 28 bytes a link.
 */
export function directedFlow(links: Csr, weights: ArrayLike<number>, walk: WalkOptions = defaultWalk): FlowNetwork {
  const { n, offsets, targets } = links;
  const strength = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) strength[i] += weights[e];
    total += strength[i];
  }
  const back = transpose(links);
  const into = new Float64Array(targets.length);
  for (let e = 0; e < into.length; e++) into[e] = weights[back.origins[e]];
  const visits = stationaryVisits(back, into, strength, total, walk);
  const out = new Float64Array(targets.length);
  let taken = 0;
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) taken += out[e] = (visits[i] * weights[e]) / strength[i];
  }
  const arrivals = new Float64Array(n);
  for (let e = 0; e < out.length; e++) out[e] /= taken;
  for (let j = 0; j < n; j++) {
    for (let e = back.offsets[j]; e < back.offsets[j + 1]; e++) arrivals[j] += into[e] = out[back.origins[e]];
  }
  return {
    n,
    visits: arrivals,
    out: plainLinks(links, out),
    in: plainLinks(back, into),
  };
}

/** Power iteration, `weights` in the order of the links turned around; nodes without links hand all they have to jumps. */
function stationaryVisits(
  back: Csr,
  weights: Float64Array,
  strength: Float64Array,
  total: number,
  { teleportation, tolerance, maxIterations }: WalkOptions,
): Float64Array {
  const { n, offsets, targets } = back;
  let visits = strength.map((own) => own / total);
  let next = new Float64Array(n);
  const share = new Float64Array(n);
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    let stuck = 0;
    for (let i = 0; i < n; i++) {
      if (strength[i] === 0) stuck += visits[i];
      else share[i] = visits[i] / strength[i];
    }
    const jumps = (teleportation * (1 - stuck) + stuck) / total;
    let change = 0;
    for (let j = 0; j < n; j++) {
      let arriving = 0;
      for (let e = offsets[j]; e < offsets[j + 1]; e++) arriving += share[targets[e]] * weights[e];
      next[j] = (1 - teleportation) * arriving + jumps * strength[j];
      change += Math.abs(next[j] - visits[j]);
    }
    [visits, next] = [next, visits];
    if (change < tolerance) break;
  }
  return visits;
}
